"""Does the layout fit this dump? Each check compares something that V8 guarantees with what the
layout makes of the dump's bytes (V8_LAYOUT §9). Wrong tables fail loudly here, not as a wrong
census later.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Iterator, Sequence

from v8inspect.errors import LayoutMismatch, MemoryUnreadable
from v8inspect.heap.heap import SHARED
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.strings import is_string, name_text
from v8inspect.scan import scanner as scan
from v8inspect.scan.scanner import Stats

if TYPE_CHECKING:
    from v8inspect.heap.heap import Heap
    from v8inspect.session import Session

_SAMPLE_PAGES = 24
_SAMPLE_OF_PAGE = 64
_FINGERPRINT = 0.95  # share of read-only Maps that must be as in the table
_SOUND = 0.95  # share of sampled objects that must be sound; damage spoils some
_FITS = 0.5  # and the least share with which the layout can be right: a wrong one spoils nearly all
_ROOTS_RUN = 600  # words; the shortest read-only run seen is 697


@dataclass(frozen=True)
class Check:
    """One result. A `vital` check that fails means that nothing else can be believed."""

    name: str
    ok: bool
    detail: str
    vital: bool = False


def check_layout(session: Session, heap: Heap) -> Sequence[Check]:
    """The quick checks, run whenever a heap is opened; raises LayoutMismatch if a vital one
    fails."""
    checks = list(_quick(session, heap))
    failed = [f"{check.name}: {check.detail}" for check in checks if check.vital and not check.ok]
    if failed:
        raise LayoutMismatch(session.layout.version, failed)
    return checks


def check_walk(heap: Heap) -> Check:
    """The share of bytes outside code space that the walk could not explain."""
    total = Stats()
    for walked in heap.walked():
        for stats in walked.stats:
            total = total.plus(stats)
    detail = (
        f"{total.objects} objects, {total.unexplained} bytes unexplained, "
        f"{total.resync} found by the next object"
    )
    return Check("walk", total.unexplained == 0, detail)


def _quick(session: Session, heap: Heap) -> Iterator[Check]:
    reader = reader_of(session)
    layout = session.layout
    yield Check(
        "isolates",
        bool(heap.isolates),
        f"{len(heap.isolates)} found from {len(heap.pages)} pages",
        vital=True,
    )
    yield from _read_only(reader, heap)
    functions, arrays = _sample(session, heap)
    yield _share(
        "functions",
        "have a SharedFunctionInfo and a Context",
        functions,
        _is_sound_function,
        reader,
    )
    yield _share(
        "arrays", "have a length that their elements can hold", arrays, _is_sound_array, reader
    )
    unit = "words" if heap.free_space_unit > 1 else "bytes"
    yield Check("free space", True, f"free list entries say their size in {unit}")
    yield Check("table", layout.exact, f"V8 {layout.version} read with the table of {layout.table}")


def _read_only(reader: Reader, heap: Heap) -> Iterator[Check]:
    """Maps and oddballs of the read-only space."""
    layout = heap.layout
    heap.scanner.reset()
    first, last = heap.range(SHARED)
    heap.scanner.walk(first, last, scan.COUNT)
    maps = heap.scanner.maps()
    heap.scanner.reset()
    metas = [map_ for map_ in maps if map_.type == layout.types["MAP"] and map_.address]
    yield Check(
        "meta map",
        bool(metas),
        f"{len(maps)} Maps met in {last - first} read-only pages",
        vital=True,
    )
    expected: Counter[tuple[int, int]] = Counter(layout.read_only_maps)
    found = Counter((map_.type, map_.instance_size) for map_ in _all_maps(heap, first, last))
    same = sum((expected & found).values())
    total = sum(expected.values())
    if layout.verified:
        yield Check(
            "fingerprint",
            total > 0 and same >= _FINGERPRINT * total,
            f"{same} of {total} read-only Maps have the type and size of the table",
            vital=True,
        )
    else:  # what was expected is from this dump
        yield Check("fingerprint", False, f"{total} read-only Maps, and no table of this V8")
    singletons = heap.singletons
    odd = {
        name: getattr(singletons, name)
        for name in ("undefined", "null", "true", "false")
        if not _says(reader, getattr(singletons, name), name)
    }
    yield Check("oddballs", not odd, "missing or misread: " + ", ".join(odd) if odd else "all four")
    keys = {"Symbol.toStringTag": singletons.tag_key, "constructor": singletons.constructor_key}
    lost = [name for name, word in keys.items() if not word]
    yield Check(
        "naming keys", not lost, "not found: " + ", ".join(lost) if lost else "both", vital=True
    )


def read_only_maps(heap: Heap) -> list[tuple[int, int]]:
    """(instance type, bytes; 0: variable) of every Map of the read-only pages: the fingerprint."""
    first, last = heap.range(SHARED)
    heap.scanner.reset()
    heap.scanner.walk(first, last, scan.COUNT)
    heap.scanner.reset()
    return sorted((map_.type, map_.instance_size) for map_ in _all_maps(heap, first, last))


def _all_maps(heap: Heap, first: int, last: int) -> Iterator[scan.ScannedMap]:
    """Every Map object of the read-only pages, in use or not."""
    scanner, layout = heap.scanner, heap.layout
    known = scanner.maps()
    scanner.select([i for i, m in enumerate(known) if m.type == layout.types["MAP"]], len(known))
    scanner.walk(first, last, scan.COLLECT)
    addresses, _ = scanner.collected()
    scanner.reset()
    indices = [scanner.map_at(address) for address in addresses]
    known = scanner.maps()
    for index in indices:
        if index >= 0:
            yield known[index]


def _says(reader: Reader, word: int, text: str) -> bool:
    if not word:
        return False
    string = reader.word(word - 1 + reader.layout.Oddball.to_string)
    return string is not None and is_string(reader, string) and name_text(reader, string) == text


def _sample(session: Session, heap: Heap) -> tuple[list[int], list[int]]:
    """Untagged addresses of closures and of arrays, from a few pages spread over the heap."""
    layout, scanner = heap.layout, heap.scanner
    functions: list[int] = []
    arrays: list[int] = []
    is_function = range(layout.first_js_function_type, layout.last_js_function_type + 1)
    for page in heap.sampled_pages(_SAMPLE_PAGES):
        scanner.reset()
        scanner.walk(page, page + 1, scan.COUNT)
        maps = scanner.maps()
        chosen = [
            i
            for i, m in enumerate(maps)
            if m.instances and (m.type in is_function or m.type == layout.types["JS_ARRAY"])
        ]
        scanner.select(chosen, len(maps))
        scanner.walk(page, page + 1, scan.COLLECT)
        here: dict[bool, list[int]] = {True: [], False: []}
        for address, index in zip(*scanner.collected()):
            here[maps[index].type in is_function].append(address)
        functions += here[True][:_SAMPLE_OF_PAGE]
        arrays += here[False][:_SAMPLE_OF_PAGE]
    scanner.reset()
    return functions, arrays


def _share(
    name: str,
    what: str,
    addresses: Sequence[int],
    sound: Callable[[Reader, int], bool],
    reader: Reader,
) -> Check:
    good = sum(1 for address in addresses if sound(reader, address))
    # A sample may hold a few objects that were being made.
    ok = good >= _SOUND * len(addresses)
    vital = good < _FITS * len(addresses)
    return Check(name, ok, f"{good} of {len(addresses)} sampled {what}", vital)


def _is_sound_function(reader: Reader, address: int) -> bool:
    layout = reader.layout
    shared = reader.word(address + layout.JSFunction.shared)
    context = reader.word(address + layout.JSFunction.context)
    return (
        shared is not None
        and context is not None
        and reader.type_of(shared) == layout.types["SHARED_FUNCTION_INFO"]
        and layout.Context.first_type <= reader.type_of(context) <= layout.Context.last_type
    )


def _is_sound_array(reader: Reader, address: int) -> bool:
    layout = reader.layout
    length = reader.word(address + layout.Builtins.array_length)
    elements = reader.word(address + layout.JSObject.elements)
    map_ = reader.map_of(address + 1)
    if length is None or elements is None or map_ is None:
        return False
    if length & 1 or map_.elements_kind_name == "DICTIONARY":
        return True
    capacity = reader.smi(elements - 1 + layout.FixedArray.length)
    return capacity is not None and length >> 32 <= capacity


def roots_run(session: Session, heap: Heap) -> Check:
    """The roots table of the first isolate: a long run of pointers into read-only pages."""
    isolate = heap.isolates[0]
    first, last = heap.range(SHARED)
    pages = heap.pages[first:last]
    low = min(page.area_start for page in pages) if pages else 0
    high = max(page.area_end for page in pages) if pages else 0
    try:
        words = session.memory.words(isolate.address, 0x4000 // 8)
    except MemoryUnreadable:
        return Check("roots", False, "the isolate is not in the dump")
    longest = run = 0
    for word in words:
        run = run + 1 if word & 3 == 1 and low <= word < high else 0
        longest = max(longest, run)
    return Check(
        "roots", longest >= _ROOTS_RUN, f"{longest} read-only roots in a row in the isolate"
    )
