"""Is this a V8 with compressed pointers or a sandbox, which we can't read? Told from its Isolate.

V8: an Isolate begins with the base of its pointer cage, 0 where pointers are whole, and a pointer
to itself (isolate-data.h). The cage is aligned to 4 GB and has the heap in it. With a sandbox a
page's header has an index of a table where others have a pointer (V8_LAYOUT §8).
"""

from __future__ import annotations

from array import array
from typing import Iterator, Optional

from v8inspect.layout import v8dbg
from v8inspect.target import Target

_CAGE = 1 << 32
_CHUNK = 0x40000
_SLICE = 1 << 18  # bytes
_MOST = 256 << 20  # bytes that are searched for an Isolate
_SEGMENT = 64 << 20  # of one segment
_PAGES = 64
_SANDBOX = "a V8 heap in a sandbox, with compressed pointers (as in Chromium)"
_COMPRESSED = (
    "a V8 heap with compressed pointers (4-byte tagged words, as in Electron and Chromium)"
)


def compression(target: Target) -> Optional[str]:
    """What this V8 is, if it is of such a kind; None if nothing says so."""
    ints = v8dbg.read_ints(target)
    if ints.get("TaggedSize") == 4 and not v8dbg.insane(ints):
        return _COMPRESSED
    for base in _cages(target):
        indices = pointers = 0
        for chunk in _pages(target, base):
            data = target.read_partial(chunk, 16)
            word = int.from_bytes(data[8:], "little")
            if len(data) < 16 or not data.strip(b"\0"):
                continue
            if word & 7 == 0 and len(target.read_partial(word, 8)) == 8:
                pointers += 1
            elif 0 < word & 0xFFFFFFFF < 1 << 24:
                indices += 1
        if indices or pointers:
            return _SANDBOX if indices > pointers else _COMPRESSED
    return None


def _cages(target: Target) -> Iterator[int]:
    """Bases of pointer cages that the words before pointers to themselves name."""
    left, seen = _MOST, set()
    writable = {r.start for r in target.regions() if r.writable and not r.executable}
    for segment in target.segments():
        if segment.hole or (writable and not _within(segment.start, writable, target)):
            continue
        size = min(segment.size, _SEGMENT, left)
        left -= size
        for at in range(0, size & -8, _SLICE):
            target.check_unchanged()
            first = segment.offset + at
            data = segment.buffer[first : first + min(_SLICE, (size & -8) - at)]
            words = array("Q", data)
            start = segment.start + at
            for i in range(1, len(words)):
                if words[i] == start + 8 * i - 8:
                    base = words[i - 1]
                    if base and not base % _CAGE and base not in seen:
                        seen.add(base)
                        yield base
        if left <= 0:
            return


def _within(start: int, writable: set[int], target: Target) -> bool:
    return start in writable or any(
        r.start <= start < r.start + r.size and r.writable for r in target.regions()
    )


def _pages(target: Target, base: int) -> Iterator[int]:
    """The first chunks of the cage that the dump has."""
    found = 0
    for segment in target.segments():
        if segment.hole or segment.start + segment.size <= base or segment.start >= base + _CAGE:
            continue
        at = (max(segment.start, base) + _CHUNK - 1) & -_CHUNK
        while at < min(segment.start + segment.size, base + _CAGE) and found < _PAGES:
            found += 1
            yield at
            at += _CHUNK
