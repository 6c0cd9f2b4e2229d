"""The biggest objects with their contents: arrays, Maps, Sets, dictionaries, strings, buffers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Dict, Iterator, List, Optional, Sequence

from v8inspect.analysis.values import class_of
from v8inspect.heap.large import large_objects
from v8inspect.heap.references import Holder
from v8inspect.objects.arrays import FixedArray
from v8inspect.objects.binary import JSArrayBuffer
from v8inspect.objects.contexts import Context
from v8inspect.objects.hash_collections import JSMap, JSSet
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSArray, JSReceiver
from v8inspect.objects.reader import reader_of
from v8inspect.objects.strings import String
from v8inspect.objects.tagged import Damaged
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session

_MORE = 3  # times as many are looked at as are shown: several stores may be of one object
_MAX_BUFFERS = 100_000
_LEAST_BUFFER = 1 << 17  # bytes; what a large object has at least


@dataclass(frozen=True)
class BigRow(Row):
    """One object with what it keeps in one piece: elements, entries, characters or bytes.

    `size` is that of the piece in bytes (of an ArrayBuffer its bytes, which are not in V8's heap),
    `length` how many elements, entries or characters. `address` is the object's; where no
    object holds the piece (it is V8's own, or was left behind when an array grew) the piece itself,
    `unheld`.
    `held_by`: one that holds it, `via` which of its properties, indices or variables.
    """

    json_sparse: ClassVar[bool] = True

    class_: str
    address: Address
    size: int
    length: Optional[int] = None
    held_by: Optional[str] = None
    holder: Optional[Address] = None
    via: Optional[str] = None
    unheld: Optional[bool] = None


def biggest(session: Session, number: int, isolate: Optional[int] = None) -> Iterator[BigRow]:
    """The greatest of those that are more than about 128 KB, the greatest first."""
    reader = reader_of(session)
    pieces = large_objects(session, isolate)[: number * _MORE]
    owners = _holders(session, [piece.word for piece in pieces])
    rows: Dict[int, BigRow] = {}
    for piece in pieces:
        value = reader.value(piece.word)
        if isinstance(value, Damaged) or not isinstance(value, HeapObject):
            continue
        owner: HeapObject = value
        held: Optional[Holder] = None
        if not isinstance(value, (String, JSReceiver)):
            held = next(iter(owners.get(piece.word, [])), None)
            view = None if held is None else reader.value(held.holder)
            if isinstance(view, HeapObject) and not isinstance(view, Context):
                owner = view
        size = piece.size
        if owner.word in rows:
            size += rows[owner.word].size
        rows[owner.word] = BigRow(
            class_of(session, owner),
            Address(owner.word),
            size,
            _length(owner),
            unheld=True if owner is value and held is None and _is_store(value) else None,
        )
    for buffer, size in _buffers(session, isolate)[:number]:
        rows[buffer.word] = BigRow(class_of(session, buffer), Address(buffer.word), size, size)
    shown = sorted(rows.values(), key=lambda row: -row.size)[:number]
    outer = _holders(session, [row.address for row in shown])
    for row in shown:
        yield _held(session, row, outer.get(int(row.address), []))


def _holders(session: Session, words: Sequence[int]) -> Dict[int, List[Holder]]:
    found: Dict[int, List[Holder]] = {}
    if words:
        for holder in session.references.of([int(word) for word in words]):
            if not holder.weak:
                found.setdefault(holder.target, []).append(holder)
    return found


def _held(session: Session, row: BigRow, holders: Sequence[Holder]) -> BigRow:
    if not holders or row.unheld:
        return row
    reader = reader_of(session)
    first = holders[0]
    view = reader.value(first.holder)
    name = ""
    if isinstance(view, JSReceiver):
        name = class_of(session, view)
    elif isinstance(view, HeapObject):
        name = "a closure" if isinstance(view, Context) else view.type_name
    return BigRow(
        row.class_, row.address, row.size, row.length, name, Address(first.holder), first.via
    )


def _is_store(value: HeapObject) -> bool:
    return not isinstance(value, (String, JSReceiver))


def _length(value: HeapObject) -> Optional[int]:
    if isinstance(value, (JSMap, JSSet)):
        size = value.size
        return size if isinstance(size, int) else None
    if isinstance(value, (String, FixedArray)):
        return value.length
    if isinstance(value, JSArray):
        return value.length
    return None


def _buffers(session: Session, isolate: Optional[int]) -> List[tuple[JSArrayBuffer, int]]:
    """ArrayBuffers by the bytes that they hold outside of the heap."""
    reader = reader_of(session)
    kind = session.layout.types["JS_ARRAY_BUFFER"]
    only = None if isolate is None else (isolate,)
    found: List[tuple[JSArrayBuffer, int]] = []
    for addresses, _ in session.heap.collect(lambda map_: map_.type == kind, only):
        for address in addresses:
            if len(found) >= _MAX_BUFFERS:
                break
            value = reader.value(address + 1)
            if isinstance(value, JSArrayBuffer) and value.byte_length >= _LEAST_BUFFER:
                found.append((value, value.byte_length))
    return sorted(found, key=lambda pair: -pair[1])
