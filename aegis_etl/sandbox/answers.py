"""Records as the account's systems answered them, and how good each answer truly is."""

import json
from typing import Any, Literal, get_args

from msgspec import Raw, Struct

from aegis_etl.sandbox.dice import Dice
from aegis_etl.sandbox.metrics import Metric, Subject
from aegis_etl.sandbox.model import Content
from aegis_etl.sandbox.texts import Case, Layout, Topic, topics

Level = Literal["good", "vague", "poor", "none"]
LEVELS: tuple[Level, ...] = get_args(Level)

# Where scores lie (mean, spread), by what a metric looks at and how good the answer is.
_SCORES: dict[Subject, dict[Level, tuple[float, float]]] = {
    "content": {"good": (89, 5), "vague": (69, 7), "poor": (31, 10), "none": (4, 2)},
    "manner": {"good": (91, 4), "vague": (88, 5), "poor": (82, 8), "none": (60, 9)},
    "retrieval": dict.fromkeys(LEVELS, (78, 10)),
    "overlap": {"good": (56, 9), "vague": (37, 8), "poor": (27, 8), "none": (0, 0)},
}
# From which leaning on a rule (exact match, schema, pattern) holds.
_RULE_HOLDS_FROM: dict[Level, float] = {"good": -1.9, "vague": 0.9, "poor": 1.9, "none": 9}
_SAFETY_RULES = {"pii_leak", "prompt_inj"}

STRUCTURES: dict[Layout, list[str]] = {
    "plain": ["prompt", "output", "golden_answer"],
    "passages": ["prompt", "context", "output", "golden_answer"],
    "passage": ["prompt", "context", "output", "golden_answer"],
    "document": ["prompt", "input", "output", "golden_answer"],
    "chat": ["prompt", "input", "output", "golden_answer"],
    "form": ["prompt", "input", "output", "golden_answer"],
    "fields": ["prompt", "input", "output", "golden_answer"],
    "labels": ["input", "output", "golden_answer"],
}


class Answer(Struct, frozen=True):
    """What the world knows of a record's answer and the API does not show."""

    case: Case
    words: dict[str, str]
    level: Level
    leaning: list[
        float
    ]  # per metric, in spreads: what makes this answer differ from others of its level
    tokens: int
    remarks: dict[str, str]  # `gist` and `flaw`, for the judges' sentences

    true_scores: list[float]  # per metric: what a judge without noise or bias gives, 0 to 100


def _true_score(metric: Metric, level: Level, leaning: float) -> float:
    if metric.subject == "rule":
        holds_from = -2.2 if metric.name in _SAFETY_RULES else _RULE_HOLDS_FROM[level]
        return 100.0 if leaning >= holds_from else 0.0
    mean, spread = _SCORES[metric.subject][level]
    score = min(100.0, max(0.0, mean + spread * leaning))
    return round(score, 2) if metric.kind == "deterministic" else score


def choose_answer(topic: Topic, metrics: tuple[Metric, ...], dice: Dice) -> Answer:
    """A case of the topic with its words, and an answer that is good more often than not."""
    draw = dice.random()
    level: Level = "good" if draw < 0.76 else "vague" if draw < 0.91 else "poor"
    if dice.chance(0.012):
        level = "none"
    words = {slot: dice.pick(choices) for slot, choices in topic.slots.items()}
    words["number"] = str(dice.between(100_000, 999_999))
    return weigh(
        case=dice.pick(topic.cases),
        words=words,
        level=level,
        leaning=[dice.bell() for _ in metrics],
        metrics=metrics,
        tokens=dice.between(180, 900),
    )


def weigh(
    *,
    case: Case,
    words: dict[str, str],
    level: Level,
    leaning: list[float],
    metrics: tuple[Metric, ...],
    tokens: int,
) -> Answer:
    """An answer of this level to a case, and what judges make of it."""
    flaws: dict[Level, str] = {
        "good": "adds detail that the reference does not have",
        "vague": case.gap,
        "poor": case.slip,
        "none": "is empty",
    }
    return Answer(
        case=case,
        words=words,
        level=level,
        leaning=leaning,
        tokens=tokens,
        remarks={"gist": case.gist % words, "flaw": flaws[level] % words},
        true_scores=[
            _true_score(metric, level, lean) for metric, lean in zip(metrics, leaning, strict=True)
        ],
    )


def rewrite(answer: Answer, level: Level, metrics: tuple[Metric, ...]) -> Answer:
    """Another answer to the same case, of this level."""
    return weigh(
        case=answer.case,
        words=answer.words,
        level=level,
        leaning=answer.leaning,
        metrics=metrics,
        tokens=answer.tokens,
    )


def _json_words(words: dict[str, str]) -> dict[str, str]:
    return {slot: json.dumps(word, ensure_ascii=False)[1:-1] for slot, word in words.items()}


def output_of(answer: Answer, layout: Layout) -> Content:
    """The output that the system under test gave: text, JSON text (`Raw`), or nothing."""
    if answer.level == "none":
        return None
    return _written(getattr(answer.case, answer.level), answer.words, layout)


def _written(text: str, words: dict[str, str], layout: Layout) -> Content:
    if layout in {"fields", "labels"}:
        return Raw((text % _json_words(words)).encode())
    return text % words


def record_fields(answer: Answer, layout: Layout, dice: Dice) -> dict[str, Content]:
    """`prompt, input, context, output, golden_answer` of a record, laid out as its dataset does."""
    case, words = answer.case, answer.words
    source = case.source % words
    fields: dict[str, Content] = {
        "prompt": case.prompt % words,
        "input": None,
        "context": None,
        "output": output_of(answer, layout),
        "golden_answer": _written(case.golden, words, layout),
    }
    fields |= _sources(layout, source, fields, dice)
    if dice.chance(0.015):
        fields["golden_answer"] = None
    return fields


def _sources(
    layout: Layout, source: str, fields: dict[str, Content], dice: Dice
) -> dict[str, Content]:
    match layout:
        case "plain":
            return {}
        case "passages":
            return {"context": _passages(source, dice)}
        case "passage":
            return {"context": source}
        case "document" | "fields":
            return {"input": source}
        case "chat":
            turns: list[Any] = [
                {"role": "user", "content": source},
                {"role": "assistant", "content": "👍"},
            ]
            return {"input": turns}
        case "form":
            form: dict[str, Any] = {"language": source, "files": [], "strict": dice.chance(0.5)}
            return {"input": form if dice.chance(0.8) else fields["prompt"]}
        case "labels":
            ticket: dict[str, Any] = {"text": source, "channel": "e-mail", "attachments": None}
            return {"input": ticket, "prompt": None}


def _passages(source: str, dice: Dice) -> list[Any]:
    topic = dice.pick([topic for topic in topics() if topic.layout == "passage"])
    words = {slot: dice.pick(choices) for slot, choices in topic.slots.items()}
    distraction = dice.pick(topic.cases).source % words
    texts = [source, distraction] if dice.chance(0.7) else [distraction, source]
    if dice.chance(0.5):
        return list(texts)
    return [
        {"text": text, "similarity": round(0.93 - place * 0.17, 2)}
        for place, text in enumerate(texts)
    ]
