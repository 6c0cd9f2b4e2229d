"""A copy of a core in which values are masked: same objects, same references, no contents.

Nothing is copied that is not known to be needed: the new file is a hole, into which goes what may
stay of V8's pages (csrc/redact.c), of stacks, and of the little memory of C++ that analyses read
(heap/needed_memory.py).
"""

from __future__ import annotations

from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Callable, Iterable, Iterator, Optional, Sequence, Union

from v8inspect.analysis.save import fresh
from v8inspect.errors import Unsupported, V8InspectError
from v8inspect.heap.dispatch_table import dispatch_table
from v8inspect.heap.handle_roots import global_blocks
from v8inspect.heap.heap import SHARED
from v8inspect.heap.needed_memory import Uncached, Watched
from v8inspect.heap.redaction_rules import mark_rules, redact_layout, redact_rules
from v8inspect.heap.root_words import isolate_words, words_at
from v8inspect.node.process import processes
from v8inspect.objects.reader import reader_of
from v8inspect.rows import Row
from v8inspect.scan import redact as scan
from v8inspect.scan.redact import ScannedRedaction
from v8inspect.scan.scanner import WALK
from v8inspect.session import Session
from v8inspect.targets.elf.core import ElfCore
from v8inspect.targets.elf.redact import kept_parts

if TYPE_CHECKING:
    from v8inspect.scan.scanner import Page

_WORD = 8
_SLICE = 16 << 20  # bytes between two looks at progress
_NODES = 1 << 19
_BLOCK = 4096
_MANY = 64 * _BLOCK
_ZEROS = bytes(_MANY)
_HEADER = 0x200  # bytes of a page's header and of a Space that V8's own numbers are in
_ISOLATE = 0x20000
_LIMITS = 0x80
_NEAR = 0x50  # bytes about where the isolate has its builtins, which are not known exactly
_ELF = b"\x7fELF"
_VDSO = 33  # AT_SYSINFO_EHDR
_VDSO_MOST = 1 << 16
_STACK_MOST = 64 << 20
_METADATA = "_ZN4node11per_process8metadataE"  # begins with the text of the version
_SEGMENT = 0x10000  # of the dispatch table
_PLATFORMS = ("linux", "darwin", "win32", "x64", "arm64", "node")


@dataclass(frozen=True)
class RedactRow(Row):
    """The file that was written: its `size`, the bytes that are `stored` in it; the `objects` in
    it, its `strings` and how many of them stay readable (`names`). Of `native` bytes of the
    process outside of V8's pages `native_kept` are not zero blocks."""

    file: str
    size: int
    stored: int
    objects: int
    strings: int
    names: int
    native: int
    native_kept: int


def redact(
    session: Session,
    path: str,
    hide_names: bool = False,
    keep_keys: bool = False,
    force: bool = False,
) -> RedactRow:
    """Writes the copy to `path`; raises Unsupported for what is no ELF core."""
    core = session.target
    if not isinstance(core, ElfCore):
        raise Unsupported(f"only ELF cores can be redacted, and this is a {core.facts.format}")
    if not session.layout.verified:
        raise Unsupported(
            f"V8 {session.layout.version} is unknown, and what is not verified might leave "
            "contents in the copy: nothing was written"
        )
    watched = Watched(core)
    with fresh(path, force) as file, Session(watched, session.progress) as own:
        own.memory = Uncached(watched)
        names = _names(own)
        own.progress("looking for what analyses need", 0, 0)
        _analyse(own)
        copy = _Copy(own, core, watched, file, hide_names, keep_keys)
        try:
            copy.write(names)
        finally:
            copy.close()
        return copy.row(path)


def _names(session: Session) -> list[int]:
    """Tagged addresses of the strings that are names of constructors."""
    session.census.tallies()
    return list(reader_of(session).texts)


def _analyse(session: Session) -> None:
    """Has everything read that is to be read of the copy."""
    from v8inspect.analysis.ending import ending_row
    from v8inspect.analysis.isolates import isolate_rows
    from v8inspect.analysis.node_handles import handles, requests
    from v8inspect.analysis.stack import stack_rows
    from v8inspect.node.memory_limits import memory_limits

    session.graph.alive(())
    wanted: Sequence[Callable[[], object]] = (
        lambda: list(stack_rows(session, session.target.threads())),
        lambda: ending_row(session),
        lambda: list(isolate_rows(session)),
        lambda: list(handles(session)),
        lambda: list(requests(session)),
        lambda: [memory_limits(session, isolate) for isolate in session.heap.isolates],
    )
    for ask in wanted:
        # What is damaged here will be damaged there.
        with suppress(V8InspectError):
            ask()


def _texts(session: Session) -> list[bytes]:
    """Texts that stay wherever they are: they say which program's dump it is."""
    versions = [session.layout.version, session.layout.node_version or ""]
    with suppress(V8InspectError):
        versions += [process.version or "" for process in processes(session)]
    return [text.encode("latin-1", "replace") for text in (*versions, *_PLATFORMS) if text]


def _without(
    runs: Iterable[tuple[int, int]], others: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """What of `runs` is in none of the `others`; both sorted."""
    i = 0
    for start, end in runs:
        while i < len(others) and others[i][1] <= start:
            i += 1
        j = i
        while start < end and j < len(others) and others[j][0] < end:
            if others[j][0] > start:
                yield start, others[j][0]
            start = max(start, others[j][1])
            j += 1
        if start < end:
            yield start, end


class _Copy:
    """One copy being written. Later writes win, but zeros are never written."""

    def __init__(
        self,
        session: Session,
        core: ElfCore,
        watched: Watched,
        file: IO[bytes],
        hide: bool,
        keep_keys: bool,
    ) -> None:
        self._session = session
        self._core = core
        self._watched = watched
        self._file = file
        self._hide = hide
        self._blocks: set[int] = set()  # of the file, that were written
        self._native = 0  # of them outside of V8's pages, and in headers
        self._targets = [s for s in core.segments() if s.buffer is core.file.buffer]
        self._starts = [segment.start for segment in self._targets]
        regions = [(r.start, r.start + r.size) for r in core.regions()]
        self._regions = regions
        self._region_starts = [start for start, _ in regions]
        layout = session.layout
        self._scan = ScannedRedaction(
            session.heap.scanner,
            redact_layout(layout, hide, core.arch),
            mark_rules(layout, keep_keys),
            redact_rules(layout),
            regions,
            layout.bytecode_sizes,
            _texts(session),
        )

    def close(self) -> None:
        """Lets go of what the scanner has."""
        self._scan.free()

    def write(self, names: Sequence[int]) -> None:
        """Everything, in slices."""
        self._file.truncate(self._core.file.size)
        self._mark(names)
        # From the least exact to the most: where they overlap the last one wins.
        others = sorted((*self._chunks(), *self._stacks))
        for runs in (self._watched.runs(), self._root_slots()):
            for low, high in _without(runs, others):
                self._words(scan.OTHER, low, high - low)
        for start, end in self._stacks:
            self._words(scan.STACK, start, end - start)
        self._own()
        self._native = len(self._blocks)
        self._pages()
        self._characters()
        for offset, data in kept_parts(self._core, self._points, self._hide):
            self._put(offset, data)

    def row(self, path: str) -> RedactRow:
        """What was done."""
        sums = self._scan_sums
        pages = sum(page.size for page in self._session.heap.pages)
        native = sum(s.size for s in self._targets if not s.hole) - pages
        return RedactRow(
            path,
            self._core.file.size,
            _BLOCK * len(self._blocks),
            self._session.graph.sums.nodes,
            sums.strings,
            sums.names,
            max(native, 0),
            _BLOCK * self._native,
        )

    # What is what.

    def _mark(self, names: Sequence[int]) -> None:
        count = self._session.graph.sums.nodes
        for first in range(0, count, _NODES):
            self._session.progress("looking for names", first, count)
            self._scan.mark(first, min(count, first + _NODES))
        for index, page in enumerate(self._session.heap.pages):
            if self._mode(page, index) == scan.CODE:
                self._scan.mark_code(index)
        self._scan.names(names)

    def _mode(self, page: Page, index: int) -> int:
        first, last = self._session.heap.range(SHARED)
        if first <= index < last:
            return scan.PUBLIC
        is_code = page.state != WALK and page.space in self._session.layout.code_spaces
        return scan.CODE if is_code else scan.VALUES

    def _pages(self) -> None:
        pages = self._session.heap.pages
        total, done = sum(page.size for page in pages), 0
        for index, page in enumerate(pages):
            mode = self._mode(page, index)
            # The area may be less than the page, and its last part not there.
            for start in range(page.chunk, page.chunk + page.size, _SLICE):
                self._session.progress("masking values", done, total)
                size = min(_SLICE, page.chunk + page.size - start)
                for low, high in self._stored(start, start + size):
                    out = bytearray(high - low)
                    self._scan.page(index, mode, low, out)
                    if low == page.chunk:
                        header = bytearray(min(_HEADER, page.area_start - low) & -8)
                        self._scan.words(scan.OWN, low, header)
                        out[: len(header)] = header
                    self._at(low, out)
                done += size

    def _own(self) -> None:
        """V8's own C++ objects."""
        session, layout = self._session, self._session.layout
        for page in session.heap.pages:
            if not page.chunk <= page.metadata < page.chunk + page.size:
                self._words(scan.OWN, page.metadata, _HEADER)
            if page.owner:
                self._words(scan.OWN, page.owner, _HEADER)
        for isolate in session.heap.isolates:
            self._words(scan.OWN, isolate.address, _ISOLATE)
            blob: Optional[int] = layout.ThreadLocalTop.embedded_blob_code
            if self._core.arch == "aarch64":
                blob = layout.ThreadLocalTop.embedded_blob_code_arm64
            if blob is not None:  # its size may look like text
                self._words(scan.ALL, isolate.address + blob - _NEAR, 2 * _NEAR)
            if layout.Heap.limits is not None:
                for place in words_at(session, isolate.heap + layout.Heap.limits, 1):
                    self._words(scan.OWN, place, _LIMITS)
            words = isolate_words(session, isolate.address)
            for block, size in global_blocks(session, isolate.address, words):
                self._words(scan.HANDLES, block, size)
        table = dispatch_table(session)
        if table:
            for segment in self._targets:
                if segment.start in (table, table + _SEGMENT):
                    self._words(scan.CODE_TABLE, segment.start, segment.size)
        metadata = self._core.symbol(_METADATA)
        version = (layout.node_version or "").encode()
        if metadata is not None and version:
            for place, size in zip(*[iter(words_at(session, metadata, 2))] * 2):
                if size == len(version) and self._core.read_partial(place, size) == version:
                    self._words(scan.ALL, metadata, 32)  # short texts are in the std::string
                    self._words(scan.ALL, place & -8, size + 15 & -8)
        self._images()

    def _root_slots(self) -> Iterator[tuple[int, int]]:
        start = end = 0
        for slot in sorted({root.slot for root in self._session.graph.roots if root.slot}):
            if slot != end:
                if start < end:
                    yield start, end
                start = slot
            end = slot + _WORD
        if start < end:
            yield start, end

    def _chunks(self) -> Iterator[tuple[int, int]]:
        for page in self._session.heap.pages:
            yield page.chunk, page.chunk + page.size

    @property
    def _stacks(self) -> Sequence[tuple[int, int]]:
        """What of the stacks of all threads is in use."""
        found: dict[int, int] = {}
        for thread in self._core.threads():
            top = thread.registers.get("rsp", thread.registers.get("sp", 0)) & -8
            at = bisect_right(self._region_starts, top) - 1
            if at >= 0 and top < self._regions[at][1]:
                found[top] = min(self._regions[at][1], top + _STACK_MOST)
        return list(found.items())

    def _images(self) -> None:
        """Headers of mapped executables, and the kernel's own one: nobody's data."""
        for region in self._core.regions():
            if region.file is not None and not region.writable and region.present >= _BLOCK:
                if self._core.read_partial(region.start, 4) == _ELF:
                    self._words(scan.ALL, region.start, _BLOCK)
        vdso = self._core.facts.auxv.get(_VDSO, 0)
        for start, end in self._regions:
            if start == vdso and end - start <= _VDSO_MOST:
                self._words(scan.ALL, start, end - start)

    def _characters(self) -> None:
        """Characters outside of pages, and names that are parts of other strings: those last."""
        found = sorted(self._scan.ranges(), key=lambda text: text.kind)
        for text in found:
            for low, high in self._stored(text.address, text.address + text.size):
                for at in range(low, high, _SLICE):
                    self._session.progress("masking values", 0, 0)
                    out = bytearray(min(_SLICE, high - at))
                    part = text._replace(address=at, size=len(out))
                    if self._scan.text(part, out):
                        self._at(at, out)
        self._scan_sums = self._scan.sums()

    # Where it goes.

    def _points(self, word: int) -> bool:
        at = bisect_right(self._region_starts, word) - 1
        return at >= 0 and word < self._regions[at][1]

    def _stored(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of [start, end) that the core itself stores."""
        i = max(0, bisect_right(self._starts, start) - 1)
        while i < len(self._targets) and self._targets[i].start < end:
            segment = self._targets[i]
            low, high = max(start, segment.start), min(end, segment.start + segment.size)
            if low < high and not segment.hole:
                yield low, high
            i += 1

    def _words(self, kind: int, start: int, size: int) -> None:
        start &= -8
        for low, high in self._stored(start, start + size):
            for at in range(low, high, _SLICE):
                out = bytearray(min(_SLICE, high - at) & -8)
                self._scan.words(kind, at, out)
                self._at(at, out)

    def _at(self, address: int, data: bytearray) -> None:
        """Writes to where the address is in the file."""
        view = memoryview(data)
        while view:
            i = bisect_right(self._starts, address) - 1
            segment = self._targets[i]
            n = min(len(view), segment.start + segment.size - address)
            self._put(segment.offset + address - segment.start, view[:n])
            view = view[n:]
            address += n

    def _put(self, offset: int, data: Union[bytes, memoryview]) -> None:
        """Writes what is not zero, in blocks of the file."""
        view = memoryview(data)
        at, end = 0, len(view)
        while at < end:
            n = min(_MANY - (offset + at) % _MANY, end - at)
            if view[at : at + n] != _ZEROS[:n]:
                self._put_blocks(offset + at, view[at : at + n])
            at += n

    def _put_blocks(self, offset: int, view: memoryview) -> None:
        at, end = 0, len(view)
        while at < end:
            n = min(_BLOCK - (offset + at) % _BLOCK, end - at)
            if view[at : at + n] != _ZEROS[:n]:
                self._file.seek(offset + at)
                self._file.write(view[at : at + n])
                self._blocks.add((offset + at) // _BLOCK)
            at += n
