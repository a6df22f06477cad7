"""The page as a document: whole, alone, safe, and readable by who does not see it."""

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from parsed_page import Page
from report_accounts import HOSTILE, Lived

from aegis_etl.errors import AegisEtlError
from aegis_etl.report.contents import EDITS, REGRESSIONS, read_contents
from aegis_etl.report.differences import compare_texts
from aegis_etl.report.drawing import Draw, Drawing
from aegis_etl.report.page import render_page, write_report
from aegis_etl.warehouse.connection import open_for_writing
from aegis_etl.warehouse.marts import build_marts
from aegis_etl.warehouse.schema import create_definitions

SECTIONS = {
    "changes": "Worse or better",
    "regressions": "Regressions to read",
    "quality": "Quality by metric, 30 days",
    "cost": "Cost, 30 days",
    "capture": "Captured and missed, 30 days",
    "edits": "Edits and deletions",
    "trust": "Judges to trust, records to mend",
    "failed": "Failed and stale",
    "terms": "Terms",
}


@pytest.fixture(params=["lived", "first_night", "empty"])
def account(request: pytest.FixtureRequest) -> Lived:
    """Each of the accounts in turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Lived)
    return found


def test_every_section_is_there(account: Lived) -> None:
    """Whatever happened, each section stands with its heading and something to say."""
    page = Page(account.page)
    assert [e.attributes["id"] for e in page.all("section")] == list(SECTIONS)
    for name, title in SECTIONS.items():
        (heading,) = page.all("h2", within=name)
        assert heading.text == title
        assert len(page.by_id(name).text) > len(title) + 15


def test_it_is_one_small_file(account: Lived) -> None:
    """Under 1 MB, valid UTF-8, for its owner alone."""
    assert account.page.stat().st_size < 1_000_000
    assert account.page.stat().st_mode & 0o777 == 0o600
    assert account.page.read_bytes().decode().startswith("<!doctype html>")


def test_it_needs_nothing_else(account: Lived) -> None:
    """No script, no handler, no address but its own sections: nothing could be requested."""
    page = Page(account.page)
    tags = {e.tag for e in page.elements}
    assert not tags & {"script", "iframe", "img", "object", "embed", "form", "base", "image", "use"}
    for element in page.elements:
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            assert name not in {"style", "src", "srcset", "action", "xlink:href"}
            assert "url(" not in value
            if name == "href":
                assert value == "data:," or page.by_id(value.removeprefix("#"))
    (style,) = re.findall(r"<style>(.*?)</style>", page.source, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_the_style_and_nothing_else(account: Lived) -> None:
    """The policy's hash is that of the style sheet as it stands in the page."""
    page = Page(account.page)
    (policy,) = [
        e.attributes["content"]
        for e in page.all("meta")
        if e.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    (style,) = re.findall(r"<style>(.*?)</style>", page.source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    directives = dict(d.strip().split(" ", 1) for d in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["style-src"] == f"'sha256-{digest}'"
    assert set(directives) == {"default-src", "style-src", "img-src", "base-uri", "form-action"}


def test_the_verdict_comes_first(account: Lived) -> None:
    """The one h1 is the verdict, before anything else that is a heading, and it is the title."""
    page = Page(account.page)
    headings = [e for e in page.elements if re.fullmatch("h[1-6]", e.tag)]
    assert headings[0].tag == "h1"
    assert [e.tag for e in headings].count("h1") == 1
    (title,) = page.all("title")
    assert title.text.startswith(headings[0].text.removesuffix("."))


def test_headings_skip_no_level(account: Lived) -> None:
    """A heading is at most one level below the one before it."""
    levels = [int(e.tag[1]) for e in Page(account.page).elements if re.fullmatch("h[1-6]", e.tag)]
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_who_does_not_see_it_can_read_it(account: Lived) -> None:
    """Landmarks, captions, scopes, named charts: nothing is told by sight alone."""
    page = Page(account.page)
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1
    assert page.all("html")[0].attributes["lang"] == "en"
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        if "aria-labelledby" in element.attributes:
            assert page.by_id(element.attributes["aria-labelledby"]).text
    for svg in page.all("svg"):
        is_chart = svg.attributes.get("role") == "img" and svg.attributes["aria-label"]
        assert is_chart or svg.attributes.get("aria-hidden") == "true"
    tables = page.all("table")
    assert len(page.all("caption")) == len(tables)
    assert all(e.attributes.get("scope") for e in page.all("th"))
    assert all(
        table.ancestors[-1].attributes.get("role") == "region"
        and table.ancestors[-1].attributes["aria-label"]
        for table in tables
    )


def test_hostile_names_are_text(lived: Lived) -> None:
    """Names with markup, quotes, emoji, controls or other directions stand there as they are."""
    page = Page(lived.page)
    names = {e.text for e in page.all("bdi")}
    shown = {re.sub("[\x00\x1b]", "\N{REPLACEMENT CHARACTER}", name) for name in HOSTILE[:4]}
    assert shown <= names
    assert any(name.startswith("x" * 80) and name.endswith("…") for name in names)
    assert "<script" not in page.source
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", page.source)


def test_names_are_kept_from_turning_the_text_around(lived: Lived) -> None:
    """What a dataset is called always stands in an element of its own direction."""
    page = Page(lived.page)
    turning = [e for e in page.elements if "\N{RIGHT-TO-LEFT OVERRIDE}" in "".join(e.pieces)]
    innermost = [e for e in turning if not any(e in other.ancestors for other in turning)]
    assert innermost
    assert {e.tag for e in innermost} == {"bdi"}


def test_colours_follow_the_theme(lived: Lived) -> None:
    """Charts take their colours from the page's variables, which the dark theme sets anew."""
    page = Page(lived.page)
    charts = [e for e in page.elements if any(a.tag == "svg" for a in e.ancestors)]
    colours = {
        e.attributes[name] for e in charts for name in ("fill", "stroke") if name in e.attributes
    }
    variables = {c for c in colours if c.startswith("var(")}
    assert colours - variables <= {"none"}
    (style,) = re.findall(r"<style>(.*?)</style>", page.source, re.DOTALL)
    dark = style[style.index("prefers-color-scheme: dark") :]
    for variable in variables:
        assert f"{variable.removeprefix('var(').removesuffix(')')}:" in dark


def test_the_same_warehouse_gives_the_same_page(lived: Lived, draw: Draw, tmp_path: Path) -> None:
    """No clock, no chance: written again, the file is the same byte for byte."""
    again = tmp_path / "again.html"
    write_report(lived.connection, again, draw)
    assert again.read_bytes() == lived.page.read_bytes()


def test_a_warehouse_without_a_sync_is_an_error(draw: Draw, tmp_path: Path) -> None:
    """There is nothing to report on before the first sync, and the error says so."""
    with open_for_writing(tmp_path / "new.duckdb") as connection:
        create_definitions(connection)
        build_marts(connection)
        with pytest.raises(AegisEtlError, match="no sync to report on"):
            write_report(connection, tmp_path / "report.html", draw)
    assert not (tmp_path / "report.html").exists()


def test_the_worst_texts_keep_it_small(lived: Lived, draw: Draw) -> None:
    """Texts of a million quotes or emoji, all changed, in every place: still under 1 MB."""
    contents = read_contents(lived.connection, draw)
    for hostile in ('"', "😀"):
        before, after = hostile * 1_000_000, f"{hostile} " * 500_000
        compared = compare_texts(before, after)
        fields = dict.fromkeys(("prompt", "input", "context", "golden_answer", "output"), compared)
        told = {**contents.regressions[0]["after"], "explanation": before}
        regression = {**contents.regressions[0], **fields, "before": told, "after": told}
        edit = {**contents.edited_texts[0], "text": compared}
        page = render_page(
            replace(contents, regressions=[regression] * REGRESSIONS, edited_texts=[edit] * EDITS)
        )
        assert len(page.encode()) < 1_000_000


def test_a_chart_that_cannot_be_drawn_is_an_error(lived: Lived, tmp_path: Path) -> None:
    """When the drawing process dies no half page is written, and the error says what died."""
    page = tmp_path / "report.html"
    with Drawing() as draw:
        draw({"mark": "no such mark"}, "nothing")
        with pytest.raises(AegisEtlError, match="draws the report's charts"):
            write_report(lived.connection, page, draw)
    assert not page.exists()


def test_a_drawing_process_that_cannot_start_is_an_error_of_the_charts(
    lived: Lived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starting it raises nothing, so that only the report is lost; the charts say what failed."""
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))
    with Drawing() as draw:
        draw.start()
        with pytest.raises(AegisEtlError, match="could not be started"):
            write_report(lived.connection, tmp_path / "report.html", draw)
