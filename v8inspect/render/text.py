"""Lines of text out of rows, through the view of each row's type.

A view turns one row into a Line: a plain string, or a tuple of strings and Parts (text with a
role, which colour may mark). Views never escape anything: that is done here, to every string, so
that none can forget it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import (
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Type,
    TypeVar,
    Union,
)

from v8inspect.render.clean import clean
from v8inspect.rows import Row


class Part(NamedTuple):
    """Text with a role: 'name', 'address', 'string', 'good', 'bad' or 'faint'."""

    role: str
    text: str


class Verbatim(str):
    """A line of a source text, whose tabs stay tabs."""

    __slots__ = ()


Line = Union[str, Tuple[Union[str, Part], ...]]


class Lines(List[Line]):
    """What a view returns for a row of several lines."""


@dataclass(frozen=True)
class View:
    """How rows of one type look. The heading comes before the first of a run of them; a row that
    stands `under` another type (a total) brings that type's heading if it did not come yet."""

    line: Callable[[Row], Union[Line, Lines]]
    heading: Sequence[str] = ()
    under: Optional[Type[Row]] = None


_COLOURS = {
    "name": "36",
    "address": "33",
    "string": "32",
    "good": "32",
    "bad": "1;31",
    "faint": "2",
    "heading": "1",
}

_R = TypeVar("_R", bound=Row)
_views: Dict[Type[Row], View] = {}


def view(
    row_type: Type[_R], heading: Sequence[str] = (), under: Optional[Type[Row]] = None
) -> Callable[[Callable[[_R], Union[Line, Lines]]], Callable[[_R], Union[Line, Lines]]]:
    """Declares the function below as the view of `row_type`."""

    def register(line: Callable[[_R], Union[Line, Lines]]) -> Callable[[_R], Union[Line, Lines]]:
        _views[row_type] = View(line, tuple(heading), under)  # type: ignore[arg-type]
        return line

    return register


def view_of(row_type: Type[Row]) -> View:
    """The view of a type of rows; the module `views/<module of the row>.py` has it."""
    found = _views.get(row_type)
    if found is None:
        from v8inspect.render.views import load_views

        load_views(row_type.__module__.rpartition(".")[2])
        found = _views.setdefault(row_type, View(_fields))
    return found


def _fields(row: Row) -> Line:
    """The view of rows that have none of their own."""
    if not dataclasses.is_dataclass(row):
        return str(row)
    return "  ".join(f"{f.name}={getattr(row, f.name)}" for f in dataclasses.fields(row))


def text_lines(rows: Iterable[Row], colour: bool = False) -> Iterator[str]:
    """Finished lines, without newline, as the rows come."""
    finish = _coloured if colour else _plain
    shown: Optional[Type[Row]] = None
    row_type: Optional[Type[Row]] = None
    line_of: Callable[[Row], Union[Line, Lines]] = _fields
    for row in rows:
        if row.__class__ is not row_type:
            row_type = row.__class__
            current = view_of(row_type)
            line_of = current.line
            if current.under is None:
                family = row_type
            else:
                family = shown or current.under
            if family is not shown:
                shown = family
                for title in view_of(family).heading:
                    yield finish((Part("heading", title),))
        made = line_of(row)
        if made.__class__ is Lines:
            for line in made:
                yield finish(line)
        else:
            yield finish(made)  # type: ignore[arg-type]


def _plain(line: Line) -> str:
    if line.__class__ is str:
        return clean(line)
    if line.__class__ is Verbatim:
        return "\t".join(clean(text) for text in line.split("\t"))
    return clean("".join(part if part.__class__ is str else part[1] for part in line))


def _coloured(line: Line) -> str:
    if isinstance(line, str):
        return _plain(line)
    done = []
    for part in line:
        if isinstance(part, Part):
            code = _COLOURS.get(part.role)
            text = clean(part.text)
            done.append(f"\x1b[{code}m{text}\x1b[0m" if code and text else text)
        else:
            done.append(clean(part))
    return "".join(done)
