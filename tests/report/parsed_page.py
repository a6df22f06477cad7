"""Reads a report as a strict parser does: elements, their attributes, text and nesting."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

_VOID = {"meta", "link", "br", "hr", "img", "input"}
_SILENT = {"style", "script"}


@dataclass
class Element:
    """One element: its name, attributes, place in the page, and text."""

    tag: str
    attributes: dict[str, str]
    ancestors: tuple["Element", ...]
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text within it, blanks collapsed."""
        return " ".join("".join(self.pieces).split())


class Page(HTMLParser):
    """A parsed page. Raises AssertionError where an element is closed that is not open."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.source = path.read_text(encoding="utf-8")
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(self.source)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens an element."""
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), attrs
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes, tuple(self._open))
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element that is closed at once."""
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Closes the element that is open."""
        assert self._open[-1].tag == tag, (self.getpos(), tag, [e.tag for e in self._open])
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Adds text to every open element."""
        if self._open and self._open[-1].tag not in _SILENT:
            for element in self._open:
                element.pieces.append(data)

    def all(self, tag: str, within: str | None = None) -> list[Element]:
        """The elements of a kind, or those within the section of an id."""
        return [
            e
            for e in self.elements
            if e.tag == tag
            and (within is None or any(a.attributes.get("id") == within for a in e.ancestors))
        ]

    def by_id(self, name: str) -> Element:
        """The one element of an id."""
        (element,) = [e for e in self.elements if e.attributes.get("id") == name]
        return element
