"""node::Environment: the C++ object behind each thread that runs Node.js, and its lists.

Node: src/env.h, src/handle_wrap.h, src/req_wrap.h, src/base_object.h, src/node_context_data.h,
src/node_postmortem_metadata.cc (18 to 26). A native context keeps a pointer to it in its embedder
data. Where the lists lie in it changes with minor versions: the binary's `nodedbg_` symbols say it
(in .bss up to 24: filled when the process starts, so they are read from the dump), else the
place is looked for. Nothing is believed that does not fit: the lists are circular, and each member
must be the C++ object of a JavaScript object that points back to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, NamedTuple, Optional, Sequence

from v8inspect.errors import MemoryUnreadable
from v8inspect.node.loop import Loop, loop_of_timer
from v8inspect.objects.globals import JSApiObject
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.tagged import is_strong

if TYPE_CHECKING:
    from v8inspect.session import Session

MAX_WRAPS = 1 << 22  # of one list
_EMBEDDER_DATA_SLOT = 4  # of a native context (V8: Context::EMBEDDER_DATA_INDEX; 10.2 to 14.6)
_EMBEDDER_DATA_FIRST = 16  # bytes; EmbedderDataArray: Map, length, elements of 8 bytes
_ENVIRONMENT_INDEX = 32  # Node: ContextEmbedderIndex::kEnvironment
_PERSISTENT_HANDLE = 8  # Node: BaseObject::persistent_handle_
_NEXT = 8  # Node: ListNode { prev_, next_ }
_SPAN = 0x1000  # bytes of an Environment that are searched; the lists are in the first 2.7 KB
_NODES = range(48, 129, 8)  # bytes from a wrap to its list node: 64 to 88 seen
_SYMBOLS = "nodedbg_"
_HANDLES = "nodedbg_offset_Environment__handle_wrap_queue___Environment_HandleWrapQueue"
_REQUESTS = "nodedbg_offset_Environment__req_wrap_queue___Environment_ReqWrapQueue"
_NODE = "nodedbg_offset_HandleWrap__handle_wrap_queue___ListNode_HandleWrap"

# V8 of each Node.js release line to what its later releases have (measured: 18.20, 20.20, 22.23,
# 24.21, 26.10): handle queue in the Environment, list node in a wrap.
_USUAL = {
    "10.2": (2040, 64),
    "11.3": (2312, 64),
    "12.4": (2408, 88),
    "13.6": (2472, 80),
    "14.6": (2632, 80),
}


class Queues(NamedTuple):
    """Bytes from an Environment to the heads of its lists, and from a wrap to its list node.

    HandleWrap and ReqWrap both derive from AsyncWrap, so the node is at one place in both.
    """

    handles: int
    requests: int
    node: int


class Wrap(NamedTuple):
    """A HandleWrap or ReqWrap: its C++ address, that of its list node, and its JS object."""

    address: int
    node: int
    object: JSApiObject


@dataclass(frozen=True)
class Environment:
    """One Environment; `address` is a C++ one, `queues` None where its lists were not found."""

    reader: Reader
    address: int
    isolate: int
    queues: Optional[Queues]
    loop: Optional[Loop]

    def handles(self) -> Iterator[Wrap]:
        """The HandleWraps in order of creation: what process._getActiveHandles() looks through."""
        if self.queues is not None:
            yield from _members(self.reader, self.address + self.queues.handles, self.queues.node)

    def requests(self) -> Iterator[Wrap]:
        """The ReqWraps: what process._getActiveRequests() gives."""
        if self.queues is not None:
            yield from _members(self.reader, self.address + self.queues.requests, self.queues.node)


def environments(session: Session, isolate: Optional[int] = None) -> Sequence[Environment]:
    """The Environments of the dump in order of isolates: the main thread's, then workers'."""
    # Each search is a walk of the heap, and every command about Node.js begins so.
    found = session.kept(_environments)
    return [item for item in found if isolate is None or item.isolate == isolate]


def _environments(session: Session) -> Sequence[Environment]:
    reader = reader_of(session)
    found: list[Environment] = []
    wanted = session.layout.types["NATIVE_CONTEXT"]
    for item in session.heap.isolates:
        seen: set[int] = set()  # contexts of one environment share it
        for batch, _ in session.heap.collect(lambda map_: map_.type == wanted, [item.number]):
            for context in batch:
                address = _environment_of(reader, context)
                if address is not None and address not in seen:
                    seen.add(address)
                    found.append(_environment(reader, address, item.number))
    return found


def native_address(reader: Reader, object: JSApiObject) -> Optional[int]:
    """The BaseObject behind a JS object: the one that has a persistent handle to it.

    Node: BaseObject::kSlot is the second embedder field, the first in early releases of 18; it is
    cleared when the C++ object goes.
    """
    for field in object.embedder_fields:
        if field and not field & 7 and _object_of(reader, field) == object:
            return field
    return None


def _environment_of(reader: Reader, context: int) -> Optional[int]:
    slots = context + reader.layout.Context.slots
    data = reader.word(slots + _EMBEDDER_DATA_SLOT * 8)
    if data is None or not is_strong(data):
        return None
    if reader.layout.type_names.get(reader.type_of(data)) != "EMBEDDER_DATA_ARRAY":
        return None
    length = reader.smi(data - 1 + 8)
    if length is None or length <= _ENVIRONMENT_INDEX:
        return None
    address = reader.word(data - 1 + _EMBEDDER_DATA_FIRST + 8 * _ENVIRONMENT_INDEX)
    return address if address and not address & 7 and reader.word(address) else None


def _environment(reader: Reader, address: int, isolate: int) -> Environment:
    loop = next(
        (loop for at in range(0, _SPAN, 8) if (loop := loop_of_timer(reader.memory, address + at))),
        None,
    )
    return Environment(reader, address, isolate, _queues(reader, address), loop)


def _queues(reader: Reader, environment: int) -> Optional[Queues]:
    """The lists of an Environment: as symbols say, as usual, or where they fit."""
    for queues in _told(reader):
        if _fits(reader, environment, queues):
            return queues
    for at in range(0, _SPAN, 8):
        for node in _NODES:
            queues = Queues(at, at + 16, node)
            if _fits(reader, environment, queues) and _has_members(reader, environment, queues):
                return queues
    return None


def _told(reader: Reader) -> Iterator[Queues]:
    symbols = reader.memory.target.symbols(_SYMBOLS)
    try:
        handles, requests, node = (
            reader.memory.i32(symbols[name]) for name in (_HANDLES, _REQUESTS, _NODE)
        )
        yield Queues(handles, requests, node)
    except (KeyError, MemoryUnreadable):
        pass
    if reader.layout.table in _USUAL:
        handles, node = _USUAL[reader.layout.table]
        yield Queues(handles, handles + 16, node)


def _fits(reader: Reader, environment: int, queues: Queues) -> bool:
    """Whether both are circular lists whose first members, if any, are JS objects' wraps."""
    if not (0 < queues.handles < _SPAN and 0 < queues.requests < _SPAN and queues.node > 0):
        return False
    for head in (environment + queues.handles, environment + queues.requests):
        first = reader.word(head + _NEXT)
        if not first or first & 7 or reader.word(first) != head:
            return False
        if first != head and _wrap(reader, first, queues.node) is None:
            return False
    return True


def _has_members(reader: Reader, environment: int, queues: Queues) -> bool:
    """Whether there is a handle: empty lists look alike."""
    head = environment + queues.handles
    return reader.word(head + _NEXT) != head


def _members(reader: Reader, head: int, offset: int) -> Iterator[Wrap]:
    node = reader.word(head + _NEXT)
    before = head
    for _ in range(MAX_WRAPS):
        # Broken where a member does not point back to the one before.
        if node is None or node == head or reader.word(node) != before:
            return
        wrap = _wrap(reader, node, offset)
        if wrap is not None:
            yield wrap
        before, node = node, reader.word(node + _NEXT)


def _wrap(reader: Reader, node: int, offset: int) -> Optional[Wrap]:
    address = node - offset
    found = _object_of(reader, address)
    if found is None or address not in found.embedder_fields:
        return None
    return Wrap(address, node, found)


def _object_of(reader: Reader, address: int) -> Optional[JSApiObject]:
    """The JS object of a BaseObject."""
    handle = reader.word(address + _PERSISTENT_HANDLE)
    word = reader.word(handle) if handle and not handle & 7 else None
    found = reader.value(word) if word is not None and is_strong(word) else None
    return found if isinstance(found, JSApiObject) else None
