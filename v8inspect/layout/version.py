"""Which V8 is in a target, and which Node.js.

V8's version is a text of the form '12.4.254.21-node.57'. With the executable at hand its symbols
lead to it; without, it is searched for: the C++ side has it as a C string (in node's own metadata,
at the very start of the C heap), the JavaScript side as the string `process.versions.v8`, with its
length in the word before. Text of a program may hold such a version too, of any Node.js: hits are
believed by what stands around them.
"""

from __future__ import annotations

import ntpath
import re
from bisect import bisect_right
from dataclasses import dataclass
from struct import unpack
from typing import Callable, Iterator, Optional, Sequence

from v8inspect.errors import MemoryUnreadable, NoHeapMemory, NoV8
from v8inspect.target import Region, Segment, Target

NODE_MARK = "-node."
_MARK = NODE_MARK.encode()
_OTHER_MARKS = (b"-electron.",)
_VERSION = re.compile(rb"\d{1,3}\.\d{1,3}\.\d{1,5}\.\d{1,5}(-[a-z]{1,12}\.\d{1,4})?")
_NODE = re.compile(rb"\d{1,3}\.\d{1,3}\.\d{1,3}")
_BEFORE = 24  # bytes of text before the mark, at most
_AFTER = 20
_CHUNK = 256 << 10  # bytes searched at a time: fits the cache
_C_HEAP = 1 << 30  # bytes behind the executable within which the C heap may start
_HEADER = 4  # bytes of length before the characters of a string in V8's heap
_NEAR_ENOUGH = 2  # weight that ends the search near the executable: one C string
_FAR_ENOUGH = 3  # and elsewhere, where a C string may be anybody's

_STRING_SYMBOL = "_ZN2v88internal7Version15version_string_E"  # v8::internal::Version
_PART_SYMBOLS = tuple(
    f"_ZN2v88internal7Version{len(name)}{name}E"
    for name in ("major_", "minor_", "build_", "patch_")
)
_EMBEDDER_SYMBOL = "_ZN2v88internal7Version9embedder_E"
_METADATA_SYMBOL = "_ZN4node11per_process8metadataE"  # starts with a std::string: its version


@dataclass(frozen=True)
class Version:
    """What was found. `source` says where; `binary` is the version that the executable has, where
    that is at hand; `node` the version of Node.js ('22.23.3'), where it was cheap to find."""

    v8: str
    source: str
    binary: Optional[str] = None
    node: Optional[str] = None
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class _Hit:
    text: str
    weight: int  # 0: part of some other text; 1: a string of V8's heap; 2: a C string


def find_version(target: Target) -> Version:
    """The V8 version of the dump; raises NoV8."""
    check = target.check_unchanged
    binary = _of_binary(target)
    node = _node_version(target)
    near, far = _segments(target)
    tally = _Tally(binary)
    tally.hear(_hits(near, _MARK, check), _NEAR_ENOUGH)
    if tally.weight < _NEAR_ENOUGH and (binary is None or "-" not in binary):
        tally.hear(_hits(far, _MARK, check), _FAR_ENOUGH)
    if target.facts.partial and not tally.best:
        raise no_heap(target, node)
    if binary is not None and tally.best.startswith(f"{binary}-"):
        # The embedder's part is behind a pointer, which needs the image as it was loaded.
        binary = tally.best
    if tally.weight or (tally.best and binary is None):
        return Version(tally.best, "search in the dump", binary, node, tally.warnings())
    if binary is not None:
        return Version(binary, "the executable's v8::internal::Version", binary, node)
    for mark in _OTHER_MARKS:
        tally.hear(_hits([*near, *far], mark, check), _NEAR_ENOUGH)
        if tally.best:
            return Version(tally.best, "search in the dump", warnings=tally.warnings())
    raise NoV8(
        target.name, "no V8 version (a text like 12.4.254.21-node.57) in its readable memory"
    )


def no_heap(target: Target, node: Optional[str] = None) -> NoHeapMemory:
    """What to say of a dump of a kind that leaves the heap out. `node`: its Node.js, if known."""
    size = sum(segment.size for segment in target.segments())
    return NoHeapMemory(target.name, target.facts.format, size, node)


class _Tally:
    """Hears hits and weighs the versions that they name. `binary` is the executable's version."""

    def __init__(self, binary: Optional[str]) -> None:
        self._binary = binary
        self._weights: dict[str, int] = {}

    def hear(self, hits: Iterator[_Hit], enough: int) -> None:
        """Until all that was heard with any weight names one version, and that weighs `enough` or
        is the executable's; else to the end."""
        for hit in hits:
            weight = self._weights[hit.text] = self._weights.get(hit.text, 0) + hit.weight
            if not hit.weight or sum(map(bool, self._weights.values())) > 1:
                continue
            if weight >= enough or hit.text == self._binary:
                return

    @property
    def best(self) -> str:
        """The version of the most weight, or ''; among equals the executable's, else the newest."""
        return max(
            self._weights,
            key=lambda text: (self._weights[text], text == self._binary, _numbers(text)),
            default="",
        )

    @property
    def weight(self) -> int:
        """The weight of `best`."""
        return self._weights.get(self.best, 0)

    def warnings(self) -> Sequence[str]:
        """One line for each doubt about `best`."""
        best = self.best
        found = []
        others = ", ".join(sorted(text for text in self._weights if text != best))
        if others:
            found.append(
                f"several V8 versions stand in the dump: {best} is believed, {others} found too"
            )
        if not self.weight:
            found.append(f"V8 {best} was found only as a part of other text")
        if self._binary not in (None, best, best.partition("-")[0]):
            found.append(f"the executable at hand has V8 {self._binary}, the dump {best}")
        return tuple(found)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _of_binary(target: Target) -> Optional[str]:
    """The version by the symbols of v8::internal::Version, or None."""
    text = _c_string(target, target.symbol(_STRING_SYMBOL))
    if text is not None and _VERSION.fullmatch(text):
        return text.decode()
    parts = []
    for name in _PART_SYMBOLS:
        address = target.symbol(name)
        data = None if address is None else _read(target, address, 4)
        if data is None:
            return None
        parts.append(str(int.from_bytes(data, "little")))
    embedder = _c_string(target, target.symbol(_EMBEDDER_SYMBOL)) or b""
    whole = ".".join(parts).encode() + embedder
    return whole.decode() if _VERSION.fullmatch(whole) else None


def _c_string(target: Target, pointer_at: Optional[int]) -> Optional[bytes]:
    """The short C string that the pointer at `pointer_at` points to."""
    data = None if pointer_at is None else _read(target, pointer_at, 8)
    if data is None:
        return None
    text = target.read_partial(int.from_bytes(data, "little"), 64)
    end = text.find(b"\0")
    return text[:end] if end > 0 else None


def _node_version(target: Target) -> Optional[str]:
    """By node::per_process::metadata, whose first member is the std::string of it, or by the file
    version of node.exe."""
    for module in target.modules():
        name = ntpath.basename(module.path).lower()
        if module.is_executable and module.version is not None and name == "node.exe":
            return module.version.rpartition(".")[0]
    address = target.symbol(_METADATA_SYMBOL)
    data = None if address is None else _read(target, address, 16)
    if data is None:
        return None
    pointer, length = unpack("<QQ", data)
    text = _read(target, pointer, length) if 5 <= length <= 11 else None
    return text.decode() if text is not None and _NODE.fullmatch(text) else None


def _read(target: Target, address: int, size: int) -> Optional[bytes]:
    try:
        return target.read(address, size)
    except MemoryUnreadable:
        return None


def _segments(target: Target) -> tuple[list[Segment], list[Segment]]:
    """Those near the executable (its data, the C heap), and the others: writable ones first."""
    regions = sorted(target.regions(), key=lambda region: region.start)
    starts = [region.start for region in regions]
    executable = next((module for module in target.modules() if module.is_executable), None)

    def region_of(segment: Segment) -> Optional[Region]:
        at = bisect_right(starts, segment.start) - 1
        return regions[at] if at >= 0 else None

    ranked: list[tuple[int, int, Segment]] = []
    for segment in target.segments():
        if segment.hole:
            continue
        region = region_of(segment)
        writable = region is None or region.writable
        if writable and executable and 0 <= segment.start - executable.start < _C_HEAP:
            rank = 0
        elif writable:
            rank = 1
        else:
            rank = 3 if region is not None and region.executable else 2
        ranked.append((rank, segment.start, segment))
    ranked.sort(key=lambda item: item[:2])
    return [s for rank, _, s in ranked if rank == 0], [s for rank, _, s in ranked if rank]


def _hits(
    segments: Sequence[Segment], mark: bytes, check: Callable[[], None] = lambda: None
) -> Iterator[_Hit]:
    """Every version text with `mark` in it, in the order of `segments`. `check` is called before
    each slice is read."""
    keep = _BEFORE + _HEADER
    for segment in segments:
        end = segment.offset + segment.size
        for at in range(segment.offset, end, _CHUNK):
            # Chunks overlap by what may stand around a mark, so that none is cut in two.
            check()
            begin = max(segment.offset, at - keep - len(mark) - _AFTER)
            data = segment.buffer[begin : min(end, at + _CHUNK)]
            where = data.find(mark)
            while where >= 0:
                position = begin + where
                needed = position + len(mark) + _AFTER
                if at < needed <= at + _CHUNK or at + _CHUNK >= end:
                    hit = _judge(data, where)
                    if hit is not None:
                        yield hit
                where = data.find(mark, where + 1)


def _judge(data: bytes, where: int) -> Optional[_Hit]:
    """The hit around the mark at `where`, weighed by what encloses it."""
    begin = where
    while begin > 0 and where - begin < _BEFORE and data[begin - 1] in b"0123456789.":
        begin -= 1
    match = _VERSION.match(data, begin)
    if match is None or match.end() <= where:
        return None
    end = match.end()
    before = data[max(0, begin - _HEADER) : begin]
    weight = 0
    if len(before) == _HEADER and int.from_bytes(before, "little") == end - begin:
        weight = 1
    elif before[-1:] in (b"", b"\0") and data[end : end + 1] in (b"", b"\0"):
        weight = 2
    return _Hit(match.group().decode(), weight)
