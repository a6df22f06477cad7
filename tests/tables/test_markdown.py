"""Text from outside shows in Markdown as it is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from aegis_etl.tables.markdown import escape_text, tabulate

MARKUP = st.text(alphabet="ab _*`~[]()<>!|\\&;#:/$\n", max_size=30)


@given(MARKUP)
@example("<script>alert('x')</script> & [a](http://x.example) `b` __c__ _d_ a_b |")
@example("&lt; \\* ![i](j)")
def test_text_shows_as_it_is(text: str) -> None:
    """A cell holds the text, white space aside, and no markup of its own."""
    page = tabulate(["a", "b"], [["1", escape_text(text)]])
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)
    cell = [token for token in tokens if token.type == "inline"][-1]

    shown = cell.children or []
    assert {token.type for token in shown} <= {"text", "text_special"}
    assert "".join(token.content for token in shown) == " ".join(text.split())


def test_names_stay_readable() -> None:
    """What needs no escape gets none."""
    assert escape_text("kb_rag_april.csv, 95 %: (a) #3") == "kb_rag_april.csv, 95 %: (a) #3"


@pytest.mark.parametrize(("right", "rule"), [((), "|---|---|"), (("b",), "|---|---:|")])
def test_a_table(right: tuple[str, ...], rule: str) -> None:
    """A table has a line for its columns, a rule, and a line a row."""
    assert tabulate(["a", "b"], [["1", "2"]], right=right) == f"| a | b |\n{rule}\n| 1 | 2 |\n"
