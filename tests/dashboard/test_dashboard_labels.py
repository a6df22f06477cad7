"""Names within the page's own words: told apart, and never marked up."""

import pytest

pytest.importorskip("streamlit", reason="Streamlit is not installed")

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from aegis_etl.dashboard.columns import escape_markdown
from aegis_etl.dashboard.selection import label_options
from aegis_etl.warehouse.mart_columns import read_mart_columns

NAMES = st.none() | st.sampled_from(["", "a", "a · 1", "dataset 2", "All datasets"]) | st.text()


@given(st.dictionaries(st.integers(0, 5), NAMES))
def test_no_two_options_look_the_same(names: dict[int, str | None]) -> None:
    """Whatever the names, also equal or missing ones: each label means one dataset."""
    labels = label_options(names, "dataset")

    assert list(labels) == list(names)
    assert len(set(labels.values())) == len(names)
    assert "All datasets" not in labels.values()


def test_an_ordinary_name_is_its_own_label() -> None:
    """A name that tells itself apart is shown as it is, within marks that nobody sees."""
    labels = label_options({1: "faq.csv", 2: None, 3: "twice", 4: "twice"}, "dataset")

    visible = [label.replace("\u2068", "").replace("\u2069", "") for label in labels.values()]
    assert visible == ["faq.csv", "dataset 2", "twice · 3", "twice · 4"]


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    """Markdown renders escaped text to that very text, whatever marks it holds."""
    (inline,) = MarkdownIt("commonmark").parseInline(escape_markdown(text))

    assert inline.children is not None
    assert {token.type for token in inline.children} <= {"text", "text_special"}
    assert "".join(token.content for token in inline.children) == text


def test_every_definition_survives_escaping() -> None:
    """The definitions that headings tell hold no address that Markdown would make a link of."""
    for columns in read_mart_columns().values():
        for column in columns:
            assert "://" not in column.definition
            assert "www." not in column.definition
