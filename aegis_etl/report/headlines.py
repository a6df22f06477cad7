"""What the top of a report says, as plain text: for a page that can show no HTML."""

from dataclasses import dataclass
from html.parser import HTMLParser

FIGURE = ("value", "label", "note")


@dataclass(frozen=True)
class Headlines:
    """The sentence that a report opens with, the lines below it, and its tiles.

    Attributes:
        figures: of each tile its value, what it is, and what to hold it against.
    """

    verdict: str
    summary: str
    figures: list[tuple[str, str, str]]


def read_headlines(page: str) -> Headlines:
    """The headlines of a report's HTML. None of them holds a text that the API sent."""
    reader = _HeadlineReader()
    reader.feed(page)
    reader.close()
    texts = {
        name: [" ".join(text.split()) for text in found] for name, found in reader.found.items()
    }
    return Headlines(
        verdict=" ".join(texts["h1"]),
        summary=" ".join(texts["lede"]),
        figures=list(zip(*(texts[name] for name in FIGURE), strict=False)),
    )


class _HeadlineReader(HTMLParser):
    """Collects the text of the first heading, and of paragraphs by their class."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, list[str]] = {name: [] for name in ("h1", "lede", *FIGURE)}
        self._within: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = dict(attrs).get("class") if tag == "p" else tag
        if name in self.found:
            self._within = name
            self.found[name].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "h1"}:
            self._within = None

    def handle_data(self, data: str) -> None:
        if self._within:
            self.found[self._within][-1] += data
