"""What scorers write about an answer: sentences that fit the score."""

from functools import cache
from importlib.resources import files

import msgspec


class Sentences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sentences of one metric by height of the score."""

    high: tuple[str, ...]
    middle: tuple[str, ...]
    low: tuple[str, ...]

    def for_score(self, score: float) -> tuple[str, ...]:
        """The sentences that fit a score from 0 to 100."""
        if score >= 80:
            return self.high
        return self.middle if score >= 50 else self.low


class Verdicts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All sentences: those of each metric by its shortname, and how a judge may close."""

    metrics: dict[str, Sentences]
    closings: tuple[str, ...]


@cache
def verdicts() -> Verdicts:
    """The sentences of `verdicts.toml`."""
    text = (files(__package__) / "verdicts.toml").read_bytes()
    return msgspec.toml.decode(text, type=Verdicts)
