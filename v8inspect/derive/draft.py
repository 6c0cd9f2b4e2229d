"""A layout in the making: one known table as the base, parts of others, and what was measured.

It knows how parts of tables are put together and where each number is from; it reads no memory.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Callable, Iterable, Mapping, NamedTuple, Optional, Sequence

from v8inspect.layout import v8dbg
from v8inspect.layout.build import OPTIONAL, REQUIRED_TYPES, build
from v8inspect.layout.model import Layout, SizeRule
from v8inspect.layout.tables import Sourced, Table

UNVERIFIED = "not verified"
"""Part of the source of every number that nothing in the dump speaks for."""

_NOWHERE = 0xFF00  # instance types from here on stand for those that are not known yet


class Part(NamedTuple):
    """Constants that move together, as one known version has them."""

    table: str
    values: Mapping[str, Optional[int]]


class Draft:
    """The numbers so far; `doubts`: what of them the dump did not confirm. `tables`: known ones,
    the nearest first; `ints`: the executable's v8dbg integers, {} where none are to be believed.
    """

    def __init__(self, version: str, tables: Sequence[Table], ints: Mapping[str, int]) -> None:
        self.version = version
        self.tables = tables
        self.base = tables[0]
        self.constants: dict[str, Sourced] = {
            name: Sourced(old.value, self._taken_over(name))
            for name, old in self.base.constants.items()
        }
        self.types: dict[str, Sourced] = {}
        self.kinds: dict[str, Sourced] = self._unverified(self.base.elements_kinds)
        self.spaces: dict[str, Sourced] = self._unverified(self.base.spaces)
        self.rules: dict[str, SizeRule] = {}
        self.read_only_maps: Sequence[tuple[int, int]] = ()
        self.exported = {reading.constant: reading for reading in v8dbg.constants(ints)}
        self.exported_types = {reading.constant: reading for reading in v8dbg.types(ints)}
        for name, reading in self.exported.items():
            self.constants[name] = Sourced(reading.value, f"{reading.symbol} of this binary")
        for name, reading in self.exported_types.items():
            self.types[name] = Sourced(reading.value, f"{reading.symbol} of this binary")
        self.doubts: list[str] = []
        self.frame_types = self._frame_types(ints)
        self.translation_opcodes: Mapping[str, Sourced] = self.base.translation_opcodes
        self.bytecode_sizes: Sequence[bytes] = self.base.bytecode_sizes

    def value(self, name: str) -> Optional[int]:
        """The constant as it is now."""
        found = self.constants.get(name)
        return None if found is None else found.value

    def measured(self, name: str, value: int, how: str) -> None:
        """A constant that the dump says. What the binary exports is not changed by it."""
        if name in self.exported:
            if self.exported[name].value == value:
                source = f"{self.exported[name].symbol} of this binary; measured: {how}"
                self.constants[name] = Sourced(value, source)
            return
        self.constants[name] = Sourced(value, f"measured: {how}")

    def parts(self, names: Iterable[str], tables: Optional[Sequence[Table]] = None) -> list[Part]:
        """The different ways in which known versions have these constants, the nearest first."""
        found: list[Part] = []
        wanted = list(names)
        for table in self.tables if tables is None else tables:
            values = {
                name: table.constants[name].value if name in table.constants else None
                for name in wanted
            }
            if all(part.values != values for part in found):
                found.append(Part(table.v8, values))
        return found

    def names(self, group: str, *fields: str) -> list[str]:
        """Names of the constants of a group of model.py: all that known tables have, or those
        whose field starts with one of `fields`."""
        return sorted(
            {
                name
                for table in self.tables
                for name in table.constants
                if name.startswith(tuple(f"{group}.{field}" for field in fields or ("",)))
            }
        )

    def take(self, part: Part, how: str) -> None:
        """Takes the constants of `part`; exported ones stay. `how`: what speaks for it, or ''."""
        source = f"as in {part.table}, {how}" if how else f"as in {part.table}, {UNVERIFIED}"
        for name, value in part.values.items():
            if name in self.exported:
                continue
            if value is None:
                self.constants.pop(name, None)
            else:
                self.constants[name] = Sourced(value, f"derived: {source}")

    def with_part(self, part: Part) -> dict[str, Sourced]:
        """The constants as they were with `part`."""
        found = dict(self.constants)
        for name, value in part.values.items():
            if name in self.exported:
                continue
            if value is None:
                found.pop(name, None)
            else:
                found[name] = Sourced(value, "")
        return found

    def choose(
        self, groups: Sequence[Iterable[str]], fits: Callable[[Layout], float], how: str
    ) -> float:
        """Takes the constants of each group as that known version has them for which, all groups
        together, `fits` gives most (the nearest of equals). An optional constant that is a group of
        its own may also be absent. Returns how much: a share of what was looked at, below 0 where
        there was nothing to look at."""
        best = -2.0
        chosen: Sequence[Part] = ()
        for parts in product(*(self._variants(list(group)) for group in groups)):
            values = {name: value for part in parts for name, value in part.values.items()}
            score = fits(self.layout(self.with_part(Part("", values))))
            if score > best:
                best, chosen = score, parts
            if best < 0:
                break
        for part in chosen:
            self.take(part, "" if best < 0 else f"{best:.0%} of {how}")
        return best

    def _variants(self, names: Sequence[str]) -> list[Part]:
        found = self.parts(names)
        absent: dict[str, Optional[int]] = {names[0]: None}
        if len(names) == 1 and names[0] in OPTIONAL:
            if all(part.values != absent for part in found):
                found.append(Part("no other", absent))
        return found

    def layout(self, constants: Optional[Mapping[str, Sourced]] = None) -> Layout:
        """The Layout as of now. Instance types that are still missing have numbers that no object
        has, so that nothing is taken for one of them."""
        types = dict(self.types)
        for i, name in enumerate(REQUIRED_TYPES):
            types.setdefault(name, Sourced(_NOWHERE + i, UNVERIFIED))
        return self._build(self.constants if constants is None else constants, types)

    def final(self, warnings: Sequence[str], node: Optional[str]) -> Layout:
        """The Layout to work with; raises LayoutIncomplete."""
        layout = self._build(self.constants, self.types)
        return replace(
            layout,
            verified=False,
            doubts=tuple(self.doubts),
            warnings=tuple(warnings),
            node_version=node,
        )

    def table(self, name: str, verified_on: Sequence[str] = ()) -> Table:
        """The numbers as a table of V8 `name`."""
        return replace(
            self.base,
            v8=name,
            verified_on=verified_on,
            constants=dict(self.constants),
            instance_types=dict(self.types),
            elements_kinds=dict(self.kinds),
            spaces=dict(self.spaces),
            size_rules=dict(self.rules),
            frame_types=self.frame_types,
            translation_opcodes=self.translation_opcodes,
            bytecode_sizes=self.bytecode_sizes,
            read_only_maps=tuple(self.read_only_maps),
        )

    def _build(self, constants: Mapping[str, Sourced], types: Mapping[str, Sourced]) -> Layout:
        table = replace(
            self.table(self.base.v8),
            constants=constants,
            instance_types=types,
            size_rules={name: rule for name, rule in self.rules.items() if name in types},
        )
        return replace(build(self.version, table, constants, types), exact=False)

    def _taken_over(self, name: str) -> str:
        values = {
            table.constants[name].value if name in table.constants else None
            for table in self.tables[:2]
        }
        if len(values) == 1:
            these = " and ".join(table.v8 for table in self.tables[:2])
            return f"derived: as in {these}, {UNVERIFIED}"
        return f"derived: as in {self.base.v8}, {UNVERIFIED}; {self.tables[1].v8} has another"

    def _unverified(self, numbers: Mapping[str, Sourced]) -> dict[str, Sourced]:
        source = f"derived: as in {self.base.v8}, {UNVERIFIED}"
        return {name: Sourced(old.value, source) for name, old in numbers.items()}

    def _frame_types(self, ints: Mapping[str, int]) -> Mapping[str, Sourced]:
        prefix = "frametype_"
        found = {
            name[len(prefix) :]: Sourced(number, f"v8dbg_{name} of this binary")
            for name, number in ints.items()
            if name.startswith(prefix)
        }
        return found or self._unverified(self.base.frame_types)
