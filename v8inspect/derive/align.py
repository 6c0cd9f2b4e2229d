"""Names of instance types by the Maps of read-only space, with a known version beside them.

V8 numbers its types anew in every release, by class and by name, so most keep their order. Nearly
every type below the JS receivers has a Map in read-only space, and with it a size. Two such lists
are laid beside each other like texts in a diff; types that are known for certain are fixed points.
"""

from __future__ import annotations

from typing import Mapping, Sequence

Sizes = Mapping[int, Sequence[int]]
"""Instance type to the sizes (bytes; 0: variable) of its read-only Maps."""

_GAP = -0.6
_CERTAIN = 1000.0  # more than everything else together
FIRST, LAST = 128, 999  # what is neither a string nor a JS receiver


def sizes_by_type(maps: Sequence[tuple[int, int]]) -> Sizes:
    """Of (instance type, bytes) of Maps: those that can be aligned."""
    found: dict[int, list[int]] = {}
    for type_, size in maps:
        if FIRST <= type_ <= LAST:
            found.setdefault(type_, []).append(size)
    return {type_: tuple(sorted(sizes)) for type_, sizes in found.items()}


def aligned(old: Sizes, new: Sizes, fixed: Mapping[int, int]) -> Mapping[int, int]:
    """Old type to new type. `fixed` are pairs that are known, in rising order on both sides."""
    a, b = sorted({*old, *fixed}), sorted({*new, *fixed.values()})
    taken = set(fixed.values())

    def score(x: int, y: int) -> float:
        if x in fixed or y in taken:
            return _CERTAIN if fixed.get(x) == y else -_CERTAIN
        return _alike(old.get(x, ()), new.get(y, ()))

    best = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            if i and j:
                best[i][j] = max(
                    best[i - 1][j - 1] + score(a[i - 1], b[j - 1]),
                    best[i - 1][j] + _GAP,
                    best[i][j - 1] + _GAP,
                )
            else:
                best[i][j] = _GAP * (i or j)
    pairs = {}
    i, j = len(a), len(b)
    while i and j:
        here = best[i][j]
        if here == best[i - 1][j - 1] + score(a[i - 1], b[j - 1]):
            pairs[a[i - 1]] = b[j - 1]
            i, j = i - 1, j - 1
        elif here == best[i - 1][j] + _GAP:
            i -= 1
        else:
            j -= 1
    return pairs


def _alike(old: Sequence[int], new: Sequence[int]) -> float:
    if old == new:
        return 3.0 if any(old) else 1.0
    if set(old) & set(new):
        return 0.5
    return -0.5 if any(old) and any(new) else -3.0
