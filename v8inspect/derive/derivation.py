"""The steps from a dump of an unknown V8 to a layout that is marked as not verified, or to reasons
why there is none."""

from __future__ import annotations

from typing import Mapping, Sequence

from v8inspect.derive.compressed import compression
from v8inspect.derive.draft import Draft
from v8inspect.derive.evidence import Evidence
from v8inspect.derive.geometry import find_geometry, find_spaces
from v8inspect.derive.parts import Fits
from v8inspect.derive.rules import choose_rules, rules_for_sampling
from v8inspect.derive.sample import Sample, map_type, read_only_maps
from v8inspect.derive.stacks import find_stacks
from v8inspect.derive.types import complete_types
from v8inspect.errors import FormatUnsupported, LayoutUnknown, NoV8
from v8inspect.layout import tables, v8dbg
from v8inspect.layout.build import REQUIRED_TYPES
from v8inspect.layout.model import Layout
from v8inspect.layout.tables import Sourced, Table
from v8inspect.layout.version import NODE_MARK, find_version
from v8inspect.memory import Memory
from v8inspect.target import Target


def derive(target: Target) -> Layout:
    """The layout of the V8 in `target`; raises NoV8 where none is found, FormatUnsupported for one
    with compressed pointers, LayoutUnknown with reasons where what is found does not fit."""
    try:
        found = find_version(target)
    except NoV8:
        _refuse_compressed(target)
        raise
    if NODE_MARK not in found.v8:
        _refuse_compressed(target)
        raise LayoutUnknown(found.v8, tables.known(), ["it is not of Node.js"])
    ints = v8dbg.read_ints(target)
    if v8dbg.insane(ints) or (found.binary is not None and found.binary != found.v8):
        ints = {}
    draft, reasons = draft_of(target, found.v8, ints)
    if reasons:
        _refuse_compressed(target)
        raise LayoutUnknown(found.v8, tables.known(), reasons)
    return draft.final(found.warnings, found.node)


def _refuse_compressed(target: Target) -> None:
    kind = compression(target)
    if kind is not None:
        raise FormatUnsupported(target.name, kind)


def draft_of(target: Target, version: str, ints: Mapping[str, int]) -> tuple[Draft, list[str]]:
    """The draft for V8 `version`, and what is wrong with it."""
    known = nearest(version)
    draft = Draft(version, known, ints)
    memory = Memory(target)
    pages = find_geometry(target, memory, draft)
    if not pages:
        return draft, ["no V8 page was found: its header is like in no known version"]
    find_spaces(target, pages, draft)
    number = map_type(memory, pages)
    if number is None:
        return draft, ["no Map was found in its pages"]
    draft.types["MAP"] = Sourced(number, "measured: type of the Maps that are their own Map")
    draft.read_only_maps = read_only_maps(target, draft, pages)
    shapes = set(draft.read_only_maps)
    fillers = {type_ for type_, size in shapes if size == 8 and (type_, 16) in shapes}
    if len(fillers) != 1:
        return draft, [f"{len(draft.read_only_maps)} read-only Maps, and none of a filler"]
    filler = fillers.pop()
    draft.types.setdefault(
        "FILLER", Sourced(filler, "measured: read-only Maps of 8 and of 16 bytes")
    )
    draft.types.setdefault("FREE_SPACE", Sourced(filler + 1, "measured: behind FILLER"))
    draft.measured(
        "first_js_receiver_type",
        max(t for t, _ in draft.read_only_maps if t < 1000) + 1,
        "behind the types of read-only Maps",
    )
    rules_for_sampling(draft)
    reasons: list[str] = []
    sample = Sample(target, draft)
    try:
        evidence = Evidence(draft, sample)
        reasons += evidence.problems
        complete_types(draft)
        reasons += [
            f"type {name} was not found" for name in REQUIRED_TYPES if name not in draft.types
        ]
        if not reasons:
            fits = Fits(draft, sample)
            fits.all()
            reasons += fits.problems
            draft.doubts += fits.doubts
            draft.doubts += [f"{what}: none to check with" for what in fits.unchecked]
            draft.doubts += _names(draft)
            draft.doubts += find_stacks(draft, sample)
            choose_rules(draft, sample)
    finally:
        sample.close()
    return draft, reasons


def _names(draft: Draft) -> list[str]:
    """Whether it is open how this V8 names things: its rules do not show in a dump."""
    behaviour = draft.names("Naming")
    newest = draft.base.v8 == tables.known()[-1]
    if len(draft.parts(behaviour, draft.tables[:2])) == 1 and not newest:
        return []
    return ["names: of classes with a property `name`, and of global objects"]


def nearest(version: str) -> Sequence[Table]:
    """The known tables, the nearest version first; of two equally near ones the older."""

    def number(name: str) -> float:
        major, minor = (int(part) for part in name.split(".")[:2])
        return 10 * major + minor  # 13.9 was followed by 14.0

    wanted = number(version)
    names = sorted(tables.known(), key=lambda name: (abs(number(name) - wanted), number(name)))
    if not names:
        raise LayoutUnknown(version, ())
    below = [name for name in names if number(name) < wanted]
    above = [name for name in names if number(name) > wanted]
    # The nearest on either side first: what both have is likely.
    first = sorted([*below[:1], *above[:1]], key=names.index)
    return [tables.load(name) for name in [*first, *(n for n in names if n not in first)]]
