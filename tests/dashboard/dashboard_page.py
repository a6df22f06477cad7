"""The page without a browser: Streamlit's own test runner on the real script."""

from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from aegis_etl.dashboard.server import SCRIPT

TABS = ("Overview", "Compare runs", "Cost", "Captured and missed", "Trust")


def open_tab(tab: str) -> AppTest:
    """The page of ``AEGIS_DATA_DIR`` as it opens on a tab."""
    page = AppTest.from_file(str(SCRIPT), default_timeout=600)
    page.query_params["tab"] = tab
    return run(page)


def run(page: AppTest) -> AppTest:
    """The page, run once more, without an exception."""
    page.run()
    assert not page.exception, page.exception[0].stack_trace
    return page


def choose(page: AppTest, key: str, value: Any) -> AppTest:
    """The page after a choice in one of its boxes, by the value that is chosen."""
    page.session_state[key] = value
    return run(page)


def frame(page: AppTest, place: int) -> pd.DataFrame:
    """A table of the page, as it is shown."""
    shown = page.dataframe[place].value
    assert isinstance(shown, pd.DataFrame)
    return shown


def tell_markdown(page: AppTest) -> str:
    """All of the page that goes through Markdown, options of boxes and cells of tables aside."""
    told = [
        *(
            element.value
            for kind in ("title", "subheader", "markdown", "caption", "info")
            for element in page.get(kind)
        ),
        *(text for metric in page.metric for text in (metric.label, metric.value, metric.delta)),
        *(box.label for box in (*page.selectbox, *page.multiselect)),
        *(tab.label for tab in page.tabs),
    ]
    return "\n".join(map(str, told))
