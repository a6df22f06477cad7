"""The page that Streamlit runs, anew for each visitor and after each choice."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import duckdb
import streamlit as st

from aegis_etl.dashboard.captures import show_captures
from aegis_etl.dashboard.comparison import show_comparison
from aegis_etl.dashboard.overview import show_overview
from aegis_etl.dashboard.published import Version, find_version, open_published
from aegis_etl.dashboard.selection import Selection, choose_selection
from aegis_etl.dashboard.spending import show_spending
from aegis_etl.dashboard.trust import show_trust
from aegis_etl.lake.paths import DataDir
from aegis_etl.report import questions as report
from aegis_etl.report.verdict import Tone, say_verdict
from aegis_etl.report.wording import say_count, say_many, say_seconds, say_time, show_controls
from aegis_etl.settings import load_settings

_POLL_SECONDS = 5

_TABS: Mapping[str, Callable[[duckdb.DuckDBPyConnection, Selection], None]] = {
    "Overview": show_overview,
    "Compare runs": show_comparison,
    "Cost": show_spending,
    "Captured and missed": show_captures,
    "Trust": show_trust,
}
_COLOURS: Mapping[Tone, str] = {"bad": "red", "warn": "orange", "good": "green", "calm": "gray"}


def show_dashboard(data_dir: DataDir, *, now: datetime) -> None:
    """Shows the published version, and the next as soon as there is one."""
    st.set_page_config(page_title="Aegis evaluations", layout="wide")
    st.title("Aegis evaluations", anchor=False)
    version = find_version(data_dir)
    _follow(data_dir, version)  # before all that can fail: the next version may mend it
    if version is None:
        st.info("Nothing is published yet. Run `aegis-etl sync`: this page then fills by itself.")
        st.text(show_controls(f"The data directory is {data_dir.root.absolute()}"))
        return
    with open_published(data_dir) as connection:
        _show_night(connection, now)
        selection = choose_selection(connection)
        tabs = st.tabs(list(_TABS), key="tab", bind="query-params")
        for tab, show in zip(tabs, _TABS.values(), strict=True):
            if tab.open:
                with tab:
                    show(connection, selection)


def _show_night(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    report.prepare_inputs(connection)
    (night,) = report.ask(connection, "night")
    (comparisons,) = report.ask(connection, "comparison_counts")
    missed = report.ask(connection, "totals_by_night")[-1]["runs_missed"]
    clauses = say_verdict(night, comparisons, missed)
    st.subheader(
        ", ".join(f":{_COLOURS[clause.tone]}[{clause.text}]" for clause in clauses), anchor=False
    )
    age = (now - night["started_at"]).total_seconds()
    st.caption(
        f"Sync {night['sync_id']} · {night['kind']} · {night['status']}"
        f" · {say_count(night['datasets_fetched'])} of"
        f" {say_many(night['datasets_listed'], 'listed dataset')} fetched"
        f" · started {say_time(night['started_at'])}"
        + (f", {say_seconds(age)} ago" if age >= 0 else "")
        + " · times in UTC"
    )


def _follow(data_dir: DataDir, shown: Version | None) -> None:
    def rerun_when_published() -> None:
        if find_version(data_dir) != shown:
            st.rerun()

    st.fragment(rerun_when_published, run_every=_POLL_SECONDS)()


if __name__ == "__main__":
    show_dashboard(DataDir(load_settings().data_dir), now=datetime.now(UTC))
