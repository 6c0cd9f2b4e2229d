"""The roots of the graph: what V8 keeps alive by itself, by the categories of its heap snapshots.

Nothing here needs symbols: each set is found by what it must look like (V8_GRAPH §3). Weak ones
(tables of strings, weak handles) are no roots. `own_roots`: those of one isolate.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Iterable, Iterator, NamedTuple, Optional, Sequence

from v8inspect.heap.handle_roots import eternal_handles, global_handles, local_handles
from v8inspect.heap.microtasks import task_types
from v8inspect.heap.root_words import is_pointer, isolate_words, words_at
from v8inspect.heap.stack_roots import stack_words
from v8inspect.objects.reader import reader_of
from v8inspect.scan.graph import NO_NODE

if TYPE_CHECKING:
    from v8inspect.heap.graph import Graph
    from v8inspect.session import Session

READ_ONLY = "read-only roots"
STRONG = "strong roots"
FLUSHED = "flushed cache"  # emptied by each full collection: what is in it is not held
BUILTINS = "builtins"
CACHE = "startup and shareable caches"
ETERNAL = "eternal handle"
GLOBAL = "global handle"
LOCAL = "handle scope"
MICROTASKS = "microtask queue"
STACK = "stack"
CATEGORIES = (
    STRONG,
    GLOBAL,
    LOCAL,
    STACK,
    MICROTASKS,
    ETERNAL,
    FLUSHED,
    CACHE,
    BUILTINS,
    READ_ONLY,
)

_WORD = 8
_STRONG_MOST = 512  # words; 81 to 104 on the versions that we know
_CACHES_FROM = 0xE000  # bytes from the Isolate: in front of it are the Heap's own lists
_CACHE_LEAST = 64  # words
_CACHE_LOOK = 40  # of them are looked at
_QUEUE_LINKS = 12  # words of a MicrotaskQueue that its links are among
_MAX_QUEUES = 1 << 12
_MAX_TASKS = 1 << 22
_TASKS_LOOK = 16  # of them are looked at
_SMALL_CACHE = 256  # length of string_split_cache and regexp_multiple_cache
_PAIRS_LOOK = 256  # entries of a cache that are looked at
_NUMBER_CACHE_LEAST = 512  # of number_string_cache, a power of two


class Root(NamedTuple):
    """A root slot: `slot` is its address (0: a register), `node` what is in it. `isolate` is a
    number, None for stacks; of those `thread` is the thread's index."""

    category: str
    node: int
    slot: int
    isolate: Optional[int] = None
    thread: Optional[int] = None


def roots(session: Session, graph: Graph) -> list[Root]:
    """All of them, of all isolates and threads; a node may be in several."""
    found: list[Root] = []
    for isolate in session.heap.isolates:
        words = isolate_words(session, isolate.address)
        parts = _of_isolate(session, graph, isolate.address, words)
        for category, slots in session.each("looking for roots", parts, 1):
            pairs = list(slots)
            nodes = graph.scanned.nodes([word for _, word in pairs])
            for (slot, _), node in zip(pairs, nodes):
                if node != NO_NODE:
                    kind = category
                    if category == STRONG and _is_flushed(session, graph, node):
                        kind = FLUSHED
                    found.append(Root(kind, node, slot, isolate.number))
    for thread, slot, word in session.each("looking for roots", stack_words(session)):
        found.append(Root(STACK, word, slot, None, thread))
    held = graph.scanned.nodes([root.node for root in found if root.category == STACK])
    stacks = iter(held)
    return [
        root._replace(node=node)
        for root in found
        for node in ((next(stacks),) if root.category == STACK else (root.node,))
        if node != NO_NODE
    ]


Slots = Iterable[tuple[int, int]]  # (address, word)


def _of_isolate(
    session: Session, graph: Graph, isolate: int, words: Sequence[int]
) -> Iterator[tuple[str, Slots]]:
    first = session.layout.Isolate.roots // _WORD
    strong = first + session.layout.Isolate.roots_read_only

    def slots(start: int, end: int) -> Slots:
        return [(isolate + _WORD * i, words[i]) for i in range(start, min(end, len(words)))]

    yield READ_ONLY, slots(first, strong)
    end = strong
    while end < min(len(words), strong + _STRONG_MOST) and words[end] & 1:
        end += 1  # Smi roots follow
    yield STRONG, slots(strong, end)
    yield BUILTINS, slots(*_longest_code_run(session, words))
    yield CACHE, _caches(session, graph, words)
    yield ETERNAL, eternal_handles(session, words)
    yield GLOBAL, global_handles(session, isolate, words)
    yield LOCAL, local_handles(session, isolate, words)
    yield MICROTASKS, _microtasks(session, graph, words)


def _longest_code_run(session: Session, words: Sequence[int]) -> tuple[int, int]:
    """[first, last) of the isolate's words that are the table of builtins."""
    code, type_of = session.layout.types["CODE"], reader_of(session).type_of
    best, start = (0, 0), None
    for i, word in enumerate((*words, 0)):
        if word & 3 == 1 and type_of(word) == code:
            start = i if start is None else start
        elif start is not None:
            if i - start > best[1] - best[0]:
                best = (start, i)
            start = None
    return best


def _caches(session: Session, graph: Graph, words: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Two std::vectors of objects that stand side by side, and no other two do."""
    for i in range(_CACHES_FROM // _WORD, len(words) - 5):
        both = words[i : i + 3], words[i + 3 : i + 6]
        if all(_is_cache(session, graph, *vector) for vector in both):
            for start, end, _ in both:
                content = words_at(session, start, (end - start) // _WORD)
                yield from ((start + _WORD * n, word) for n, word in enumerate(content))
            return


def _is_cache(session: Session, graph: Graph, start: int, end: int, limit: int) -> bool:
    if not start < end <= limit or (start | end | limit) & 7:
        return False
    if not _CACHE_LEAST * _WORD <= end - start < 1 << 26:
        return False
    sample = words_at(session, start, _CACHE_LOOK)
    objects = sum(node != NO_NODE for node in graph.scanned.nodes(sample))
    return 3 * objects > _CACHE_LOOK  # on 10.2 every other one is in code space


def _microtasks(session: Session, graph: Graph, words: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The rings of all queues: one is the isolate's, the others are linked to it in a circle."""
    seen: set[int] = set()
    types = task_types(session.layout)
    for word in dict.fromkeys(words):
        pending = [word]
        while pending and len(seen) < _MAX_QUEUES:
            queue = pending.pop()
            found = _queue(session, queue) if queue not in seen else None
            if found is None:
                continue
            seen.add(queue)
            size, capacity, start, ring = found
            slots = (
                ring + _WORD * ((start + number) % capacity)
                for number in range(min(size, _MAX_TASKS))
            )
            tasks = [(slot, word) for slot in slots for word in words_at(session, slot, 1)]
            looked = [graph.type_at(word) for _, word in tasks[:_TASKS_LOOK]]
            if 2 * sum(kind in types for kind in looked) < len(looked):
                continue  # what merely looks like a queue
            yield from tasks
            pending += words_at(session, queue, _QUEUE_LINKS)[1:]


def _queue(session: Session, address: int) -> Optional[tuple[int, int, int, int]]:
    """(size, capacity, start, ring) if a MicrotaskQueue is there: it is linked to one that is
    linked to it, itself mostly."""
    if not address or address & 7:
        return None
    fields = session.layout.Microtask
    content = words_at(session, address, _QUEUE_LINKS)
    if len(content) < _QUEUE_LINKS or not is_pointer(content[0]):  # it has a vtable
        return None
    size, capacity, start, ring = (
        content[offset // _WORD]
        for offset in (
            fields.queue_size,
            fields.queue_capacity,
            fields.queue_start,
            fields.queue_ring_buffer,
        )
    )
    empty = capacity == size == start == ring == 0
    if not empty and (
        capacity < 8 or capacity & (capacity - 1) or size > capacity or start >= capacity
    ):
        return None
    if not empty and (not ring or ring & 7):
        return None
    linked = content.count(address) >= 2 or any(
        address in words_at(session, link, _QUEUE_LINKS)
        for link in content[1:]
        if link and not link & 7 and link != address
    )
    return (size, max(capacity, 1), start, ring) if linked else None


def _is_flushed(session: Session, graph: Graph, node: int) -> bool:
    """Whether it is one of the caches that V8 empties when a full collection begins (the numbers'
    strings, String.split, RegExp matches): nothing would live for being in it."""
    layout = session.layout
    name = layout.type_names.get(graph.type_of(node), "")
    if name in ("DOUBLE_STRING_CACHE", "SMI_STRING_CACHE"):
        return True
    if name != "FIXED_ARRAY":
        return False
    address = graph.word(node) - 1
    length = sum(words_at(session, address + layout.FixedArray.length, 1)) >> 32
    if length != _SMALL_CACHE and (length < _NUMBER_CACHE_LEAST or length & (length - 1)):
        return False
    content = words_at(session, address + layout.FixedArray.data, min(length, 1 << 16))
    undefined = session.singletons.undefined
    if length == _SMALL_CACHE:
        # Single characters have a table of that length too, but in it are strings only.
        return any(
            word == 0 or (word != undefined and not _is_string(session, graph, word))
            for word in content
        )
    return _pairs_of_numbers(session, graph, content)


def _pairs_of_numbers(session: Session, graph: Graph, content: array[int]) -> bool:
    empty = (0, session.singletons.undefined)  # 0: a Smi that was never written
    number = session.layout.types["HEAP_NUMBER"]
    pairs = [
        (key, value)
        for key, value in zip(content[::2], content[1::2])
        if key not in empty and value not in empty
    ]
    return all(
        (not key & 1 or graph.type_at(key) == number) and _is_string(session, graph, value)
        for key, value in pairs[:: len(pairs) // _PAIRS_LOOK + 1]
    )


def _is_string(session: Session, graph: Graph, word: int) -> bool:
    kind = graph.type_at(word)
    return kind is not None and kind < session.layout.first_nonstring_type
