"""Handles of C++ code: local ones in scopes, global (persistent) ones, eternal ones.

V8: src/handles/handles.h, global-handles.cc, eternal-handles.h; offsets by V8_GRAPH §3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Optional, Sequence

from v8inspect.heap.root_words import is_pointer, isolate_words, words_at

if TYPE_CHECKING:
    from v8inspect.session import Session

LOCAL, GLOBAL, WEAK, ETERNAL = "local", "global", "weak global", "eternal"  # kinds of handles

_WORD = 8
_SCOPE_BLOCK = 1022  # words: kHandleBlockSize
_ETERNAL_BLOCK = 256  # words
_GLOBAL_NODES = 256  # in a block
_GLOBAL_WORDS = 4  # of a node: object, class id with index and flags, parameter, callback
_GLOBAL_OWNER = _GLOBAL_NODES * _GLOBAL_WORDS + 1  # words of a block: next, then its GlobalHandles
_GLOBAL_LINKS = 4  # words from there on
_MAX_BLOCKS = 1 << 20
_MAX_ETERNAL = 1 << 24


def handles_of(session: Session, isolate: int, kind: str) -> Iterator[tuple[int, int]]:
    """(slot, word) of the handles of one kind of the Isolate at an address."""
    words = isolate_words(session, isolate)
    if kind == LOCAL:
        return local_handles(session, isolate, words)
    if kind == ETERNAL:
        return eternal_handles(session, words)
    return global_handles(session, isolate, words, weak=kind == WEAK)


def eternal_handles(session: Session, words: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(slot, word) of an isolate's: the object {int32 size; vector of blocks; …}."""
    for pointer in dict.fromkeys(word for word in words if is_pointer(word)):
        head = words_at(session, pointer, 4)
        if len(head) < 4:
            continue
        size = head[0] & 0xFFFFFFFF
        start, end, limit = head[1:]
        blocks = (size + _ETERNAL_BLOCK - 1) // _ETERNAL_BLOCK
        if not 0 < size < _MAX_ETERNAL or not is_pointer(start):
            continue
        if end - start != _WORD * blocks or end > limit:
            continue
        pointers = words_at(session, start, blocks)
        if len(pointers) < blocks or not all(is_pointer(block) for block in pointers):
            continue
        found = [
            (block + _WORD * i, word)
            for block in pointers
            for i, word in enumerate(words_at(session, block, _ETERNAL_BLOCK))
        ][:size]
        # Handles hold objects, few of them the hole: other structures look the same otherwise.
        if 2 * sum(word & 3 == 1 for _, word in found) > size:
            yield from found
            return


def global_handles(
    session: Session, isolate: int, words: Sequence[int], weak: bool = False
) -> Iterator[tuple[int, int]]:
    """(slot, word) of the strong ones of an isolate, or of the `weak` ones."""
    # Up to V8 10 states are 0 free, 1 strong, 2 weak, 3 pending, 4 near death; then 0 to 3.
    mask = 7 if "CODE_DATA_CONTAINER" in session.layout.types else 3
    for block in _global_blocks(session, isolate, words):
        nodes = words_at(session, block, _GLOBAL_NODES * _GLOBAL_WORDS)
        for i in range(0, len(nodes) - 1, _GLOBAL_WORDS):
            state = nodes[i + 1] >> 24 & mask
            if nodes[i] & 1 and state and (state in (2, 3)) == weak:
                yield block + _WORD * i, nodes[i]


def global_blocks(
    session: Session, isolate: int, words: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """(address, bytes) of the blocks that an isolate's global handles are in, with their links."""
    for block in _global_blocks(session, isolate, words):
        yield block, _WORD * (_GLOBAL_OWNER + _GLOBAL_LINKS)


def _global_blocks(session: Session, isolate: int, words: Sequence[int]) -> Iterator[int]:
    """Blocks of nodes: GlobalHandles → NodeSpace → list of blocks."""
    for pointer in dict.fromkeys(word for word in words if is_pointer(word)):
        content = words_at(session, pointer, 32)
        if len(content) == 0 or content[0] != isolate:
            continue
        pending = [
            block
            for space in content[1:]
            if is_pointer(space)
            for head in (words_at(session, space, 8),)
            if len(head) and head[0] == pointer
            for block in head[1:]
        ]
        seen: set[int] = set()
        while pending and len(seen) < _MAX_BLOCKS:
            block = pending.pop()
            if block in seen or not _is_block(session, block, pointer):
                continue
            seen.add(block)
            tail = words_at(session, block + _WORD * (_GLOBAL_OWNER - 1), 5)
            pending += (tail[0], *tail[3:])  # next; next and previous in use
        if seen:
            yield from sorted(seen)
            return


def _is_block(session: Session, block: int, owner: int) -> bool:
    """Each node has its number in it: nothing else looks like that."""
    if not is_pointer(block):
        return False
    content = words_at(session, block, _GLOBAL_OWNER + 1)
    if len(content) <= _GLOBAL_OWNER or content[_GLOBAL_OWNER] != owner:
        return False
    return all(content[_GLOBAL_WORDS * i + 1] >> 16 & 0xFF == i for i in range(_GLOBAL_NODES))


def local_handles(
    session: Session, isolate: int, words: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """(slot, word) of the handles of all scopes: all blocks are full but the last, and that is
    so up to HandleScopeData.next. Words may be stale or no objects."""
    for pointer in dict.fromkeys(word for word in words if is_pointer(word)):
        content = words_at(session, pointer, 13)
        if len(content) < 13 or content[0] != isolate:
            continue
        for data, first, second in zip(content[1:], content[2:], content[3:]):
            size, capacity = min(first, second), max(first, second)
            if not is_pointer(data) or not 0 < size <= capacity < 1 << 24:
                continue
            blocks = words_at(session, data, size)
            if len(blocks) < size or not all(is_pointer(block) for block in blocks):
                continue
            end = _next_handle(words, blocks[-1])
            if end is None:
                continue
            for block in blocks:
                used = (end - block) // _WORD if block == blocks[-1] else _SCOPE_BLOCK
                content = words_at(session, block, used)
                yield from ((block + _WORD * i, word) for i, word in enumerate(content))
            return


def _next_handle(words: Sequence[int], block: int) -> Optional[int]:
    """HandleScopeData.next: in the block, and followed by the limit, its end."""
    limit = block + _WORD * _SCOPE_BLOCK
    for next_, end in zip(words, words[1:]):
        if block <= next_ <= end and block < end <= limit:
            return next_
    return None
