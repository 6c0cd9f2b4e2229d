"""Numbers of the instance types that nothing points to in a telling way: by their place among those
that are known, in known versions and here."""

from __future__ import annotations

from typing import Mapping, Optional

from v8inspect.derive.align import FIRST, LAST, aligned, sizes_by_type
from v8inspect.derive.draft import UNVERIFIED, Draft
from v8inspect.layout.build import REQUIRED_TYPES
from v8inspect.layout.tables import Sourced, Table

PLACED = "derived: its place among the types of"
"""Begins the source of every type that was told by that alone."""


def complete_types(draft: Draft) -> None:
    """Adds the types of known versions whose number can be told. Where the nearest ones disagree
    nothing is added, but for a type that has to be there: the nearest one is believed then."""
    _strings(draft)
    answers: dict[str, list[tuple[str, int]]] = {}
    for table in draft.tables[:3]:
        for name, number in {**_below_receivers(draft, table), **_between(draft, table)}.items():
            answers.setdefault(name, []).append((table.v8, number))
    taken = {type_.value for type_ in draft.types.values()}
    for name, found in answers.items():
        needed = name in REQUIRED_TYPES
        numbers = {number for _, number in (found[:1] if needed else found)}
        if name in draft.types or len(numbers) != 1 or numbers & taken:
            continue
        versions = " and ".join(version for version, _ in found)
        draft.types[name] = Sourced(numbers.pop(), f"{PLACED} {versions}, {UNVERIFIED}")


def _strings(draft: Draft) -> None:
    """String types are made of bits that have not changed from 10.2 to 15.6."""
    first = draft.base.constants["first_nonstring_type"].value
    for name, old in draft.base.instance_types.items():
        if old.value < first:
            draft.types.setdefault(
                name, Sourced(old.value, f"derived: as in {draft.base.v8}, {UNVERIFIED}")
            )


def _below_receivers(draft: Draft, table: Table) -> Mapping[str, int]:
    """By the read-only Maps of both."""
    old = {n: t.value for n, t in table.instance_types.items() if FIRST <= t.value <= LAST}
    limit = draft.constants["first_js_receiver_type"].value
    fixed = rising(
        {
            number: draft.types[name].value
            for name, number in old.items()
            if name in draft.types and FIRST <= draft.types[name].value < limit
        }
    )
    sizes = sizes_by_type(table.read_only_maps)
    here = sizes_by_type(draft.read_only_maps)
    pairs = aligned(sizes, here, fixed)
    found = {name: pairs[number] for name, number in old.items() if number in pairs}
    # Some types have no read-only Map: between neighbours that moved alike they have too.
    return {**_shifted(old, {**found, **_known(draft, old)}), **found}


def rising(fixed: Mapping[int, int]) -> Mapping[int, int]:
    """The most of these pairs that keep their order: what overtook others can't be aligned."""
    chains: list[list[tuple[int, int]]] = []
    for item in sorted(fixed.items()):
        best: list[tuple[int, int]] = []
        for chain in chains:
            if chain[-1][1] < item[1] and len(chain) > len(best):
                best = chain
        chains.append([*best, item])
    longest = 0
    for at, chain in enumerate(chains):
        longest = at if len(chain) > len(chains[longest]) else longest
    return dict(chains[longest]) if chains else {}


def _between(draft: Draft, table: Table) -> Mapping[str, int]:
    """JS types by their neighbours."""
    limit = table.constants["first_js_receiver_type"].value
    old = {n: t.value for n, t in table.instance_types.items() if t.value >= limit}
    return _shifted(old, _known(draft, old))


def _known(draft: Draft, names: Mapping[str, int]) -> Mapping[str, int]:
    return {name: draft.types[name].value for name in names if name in draft.types}


def _shifted(old: Mapping[str, int], known: Mapping[str, int]) -> Mapping[str, int]:
    """New numbers of those whose two known neighbours moved alike."""
    found = {}
    order = sorted(old.items(), key=lambda item: item[1])
    moves: list[Optional[int]] = [
        known[name] - number if name in known else None for name, number in order
    ]
    for at, (name, number) in enumerate(order):
        if name in known:
            continue
        below = next((m for m in reversed(moves[:at]) if m is not None), None)
        above = next((m for m in moves[at:] if m is not None), None)
        if below is not None and below == above:
            found[name] = number + below
    return found
