"""What a record said when two evaluations scored it, side by side. All of it is shown as text."""

from typing import NamedTuple

import duckdb
import streamlit as st

from aegis_etl.dashboard.questions import Row, ask
from aegis_etl.report.wording import clip, say_score, show_controls

_LONGEST = 20_000


class _Text(NamedTuple):
    is_known: bool
    text: str | None


def show_content(connection: duckdb.DuckDBPyConnection, dataset_id: int, flip: Row) -> None:
    """Shows question, both answers, reference and both of the judge's reasons.

    Input and context are shown where they changed; input also where there is no prompt.

    Args:
        flip: ``record_id, previous_evaluation_id, evaluation_id``, a row of ``flips.sql``.
    """
    before, after = ask(
        connection,
        "scored_content",
        dataset=dataset_id,
        record=flip["record_id"],
        previous_evaluation=flip["previous_evaluation_id"],
        evaluation=flip["evaluation_id"],
    ).to_pylist()
    prompts, inputs, contexts, references = (
        (_pick(before["question"], name), _pick(after["question"], name))
        for name in ("prompt", "input", "context", "golden_answer")
    )
    with st.container(border=True):
        _show_pair("Question", *prompts)
        if _is_changed(inputs) or prompts[1].text is None:
            _show_pair("Input", *inputs)
        if _is_changed(contexts):
            _show_pair("Context", *contexts)
        _show_pair("Answer", _pick(before["answer"], "output"), _pick(after["answer"], "output"))
        _show_pair("Reference", *references)
        left, right = st.columns(2)
        for column, when, scored in ((left, "before", before), (right, "now", after)):
            with column:
                st.markdown(
                    f"**Judge's reason {when}: {say_score(scored['score'])} {scored['outcome']}**"
                )
                st.text(f"scored by {show_controls(scored['model_slug'] or 'no model')}")
                _show_text(scored["explanation"])


def _pick(content: Row | None, name: str) -> _Text:
    return _Text(is_known=False, text=None) if content is None else _Text(True, content[name])


def _is_changed(texts: tuple[_Text, _Text]) -> bool:
    return texts[0] != texts[1]


def _show_pair(title: str, before: _Text, after: _Text) -> None:
    if before == after == _Text(True, None):
        return
    if before == after and after.is_known:
        st.markdown(f"**{title}**, unchanged")
        _show_text(after.text)
        return
    left, right = st.columns(2)
    for column, when, shown in ((left, "before", before), (right, "now", after)):
        with column:
            st.markdown(f"**{title} {when}**")
            if shown.is_known:
                _show_text(shown.text)
            else:
                st.caption("Unknown: that version of the record was never seen.")


def _show_text(text: str | None) -> None:
    if text is None:
        st.caption("nothing")
    else:
        st.text(show_controls(clip(text, _LONGEST)))
