"""The questions of ``sql/examples/``: plain English, SQL, and the values that it can be given.

A file opens with its question as a comment, then declares its parameters, a line each::

    -- param days integer 30: how many days back
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from aegis_etl.errors import SettingsError
from aegis_etl.statements import list_statements, read_statement

Value = int | float | str | None

_CASTS: Mapping[str, Callable[[str], Value]] = {"integer": int, "number": float, "text": str}
_PARAM = re.compile(r"-- param (?P<name>\w+) (?P<type>\w+) (?P<default>\S+): (?P<meaning>.+)")


@dataclass(frozen=True)
class Parameter:
    """A value that a question can be given.

    Attributes:
        type: integer, number or text.
        default: None lets the question choose.
    """

    name: str
    type: str
    default: Value
    meaning: str

    @property
    def default_text(self) -> str:
        """The default as ``parse`` takes it: ``null``, ``24``, ``1.5``."""
        if self.default is None:
            return "null"
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)

    def parse(self, text: str) -> Value:
        """The value that a text stands for.

        Raises:
            SettingsError: it is not of the parameter's type.
        """
        if text == "null":
            return None
        try:
            return _CASTS[self.type](text)
        except ValueError as error:
            raise SettingsError(f"{self.name}: {text!r} is no {self.type}") from error


@dataclass(frozen=True)
class Question:
    """A question: its name, its plain English, its SQL (comments left out) and its parameters."""

    name: str
    description: str
    sql: str
    parameters: tuple[Parameter, ...]

    def bind(self, given: Mapping[str, str]) -> dict[str, Value]:
        """The value of every parameter: as given, else its default.

        Raises:
            SettingsError: a name is no parameter of the question, or a value is not of its type.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                has = f"it has: {', '.join(known)}" if known else "it has none"
                raise SettingsError(f"{name} is no parameter of {self.name}; {has}")
        return {
            name: parameter.parse(given[name]) if name in given else parameter.default
            for name, parameter in known.items()
        }


def list_questions() -> list[str]:
    """The names of all questions, in alphabetical order."""
    return [name.removeprefix("examples/") for name in list_statements("examples")]


def read_question(name: str) -> Question:
    """The question of that name.

    Raises:
        SettingsError: there is none.
    """
    if name not in list_questions():
        raise SettingsError(
            f"there is no question {name!r}; there are: {', '.join(list_questions())}"
        )
    lines = read_statement(f"examples/{name}").splitlines()
    opening = next(i for i, line in enumerate(lines) if not line.startswith("--"))
    found = [_PARAM.fullmatch(line) for line in lines[:opening]]
    comments = [line.removeprefix("--").strip() for line in lines[:opening]]
    return Question(
        name=name,
        description=" ".join(
            line for line, param in zip(comments, found, strict=True) if param is None
        ),
        sql="\n".join(lines[opening:]).strip(),
        parameters=tuple(_declare(param) for param in found if param is not None),
    )


def _declare(found: re.Match[str]) -> Parameter:
    undefined = Parameter(found["name"], found["type"], None, found["meaning"])
    return replace(undefined, default=undefined.parse(found["default"]))
