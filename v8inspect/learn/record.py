"""What is known so far of a V8: each number with where it is from, and what contradicts it."""

from __future__ import annotations

from typing import Iterable, Mapping, Optional, Sequence

from v8inspect.layout import tables, v8dbg
from v8inspect.layout.tables import Sourced, Table


class Bases:
    """The tables on both sides of a version, the nearer first; never the version's own."""

    def __init__(self, v8: str) -> None:
        self.v8 = v8
        wanted = _number(v8)
        names = [name for name in tables.known() if name != v8]
        older = [name for name in names if _number(name) < wanted][-1:]
        newer = [name for name in names if _number(name) > wanted][:1]
        names = sorted(older + newer, key=lambda name: abs(_rank(name) - _rank(v8)))
        self.tables: Sequence[Table] = [tables.load(name) for name in names]
        self.older = tables.load(older[0]) if older else None
        self.newer = tables.load(newer[0]) if newer else None

    @property
    def nearest(self) -> Table:
        """The one that numbers are taken from."""
        return self.tables[0]

    def constant(self, name: str) -> Optional[Sourced]:
        """The constant in the nearest table; its source says whether both sides have it so."""
        return self.of({t.v8: t.constants.get(name) for t in self.tables})

    def of(self, found: Mapping[str, Optional[Sourced]]) -> Optional[Sourced]:
        """The first of these, with its source."""
        first = next(iter(found.values()))
        if first is None:
            return None
        if (
            len(found) == 2
            and len({f.value for f in found.values() if f}) == 1
            and all(found.values())
        ):
            older, newer = sorted(found, key=_number)
            return Sourced(first.value, f"derived: the same in {older} and {newer}")
        return Sourced(first.value, self.unverified)

    @property
    def unverified(self) -> str:
        """The source of a number that only the nearest table has so."""
        return f"derived: as in {self.nearest.v8}, not verified"


def _stem(reading: v8dbg.Reading) -> str:
    """The stem by which the symbol is trusted, of those that the constant has."""
    name = reading.symbol[len(v8dbg.PREFIX) :]
    stems = [symbol.stem for symbol in v8dbg.TRUSTED if symbol.constant == reading.constant]
    return next(stem for stem in stems if name == stem or name.startswith(f"{stem}__"))


def _number(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("."))


def _rank(name: str) -> int:
    """V8 had ten minors a major until 10.9 or so; enough to say which table is nearer."""
    major, minor = _number(name)
    return 10 * major + minor


class Record:
    """Constants that were derived, over those that the binary exports, over those of the bases."""

    def __init__(self, bases: Bases, ints: Mapping[str, int]) -> None:
        self.bases = bases
        self.derived: dict[str, Sourced] = {}
        self.absent: set[str] = set()  # constants that this V8 turned out not to have
        self.remarks: list[str] = []
        self.exported: Mapping[str, Sourced] = {
            reading.constant: Sourced(reading.value, f"v8dbg {_stem(reading)}")
            for reading in v8dbg.constants(ints)
        }

    def put(self, name: str, value: int, source: str = "measured") -> None:
        """One that was derived; a contradiction to an earlier or an exported one is a remark."""
        for other in (self.derived.get(name), self.exported.get(name)):
            if other is not None and other.value != value:
                self.remarks.append(
                    f"{name}: {value} ({source}) contradicts {other.value} ({other.source})"
                )
                return
        self.derived[name] = Sourced(value, source)

    def lacks(self, name: str) -> None:
        """This V8 has no such thing."""
        self.absent.add(name)

    def get(self, name: str) -> Optional[int]:
        """The best that is known."""
        found = self.sourced(name)
        return None if found is None else found.value

    def sourced(self, name: str) -> Optional[Sourced]:
        """The same with its source: exported ones keep v8dbg, as it can be checked at any time."""
        if name in self.absent:
            return None
        return self.exported.get(name) or self.derived.get(name) or self.bases.constant(name)

    def verified(self, name: str) -> bool:
        """True if it was derived here, or the binary says it."""
        return name in self.derived or name in self.exported or name in self.absent

    def unverified(self, names: Iterable[str]) -> list[str]:
        """Those of `names` that are taken over."""
        return [name for name in names if not self.verified(name)]
