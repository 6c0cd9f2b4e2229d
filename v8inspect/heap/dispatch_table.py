"""The table through which functions reach their code, from V8 13 on: where it is in the process.

A function has a handle in place of a pointer: an index, shifted. Entries are 16 bytes, the entry
point and then the Code's address above a parameter count (src/sandbox/js-dispatch-table.h). The
table is a mapping of its own that no object points to, and its first segment, of the null handle,
has no memory. So each mapping is tried: the right one leads from functions to Code that takes as
many parameters as they do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from v8inspect.objects.reader import reader_of

if TYPE_CHECKING:
    from v8inspect.objects.reader import Reader
    from v8inspect.session import Session

_SHIFT = 8  # kJSDispatchHandleShift
_ENTRY = 16
_CODE_SHIFT = 16
_SEGMENT = 0x10000  # bytes; kSegmentSize of src/sandbox/external-entity-table.h
_FUNCTIONS = 64  # that are tried
_NEEDED = 0.5  # of them have to agree: some take any number of parameters


def dispatch_table(session: Session) -> int:
    """Its address; 0 where this V8 has none, or it is not in the dump."""
    layout = session.layout
    if not layout.JSFunction.code_is_dispatch_handle:
        return 0
    reader = reader_of(session)
    wanted = list(_functions(session, reader))
    code = layout.types["CODE"]
    best, table = _NEEDED * len(wanted), 0
    for segment in session.target.segments():
        for base in (segment.start - _SEGMENT, segment.start):
            good = 0
            for number, (handle, parameters) in enumerate(wanted):
                entry = reader.word(base + _ENTRY * handle + 8)
                if entry and reader.type_of(entry >> _CODE_SHIFT | 1) == code:
                    good += entry & 0xFFFF == parameters
                elif number == 0:
                    break
            if good > best:
                best, table = good, base
    return table


def _functions(session: Session, reader: Reader) -> Iterator[tuple[int, int]]:
    """(index in the table, parameters with the receiver) of some functions."""
    layout = session.layout
    first, last = layout.first_js_function_type, layout.last_js_function_type
    walked = session.heap.walked()
    maps = [m for m in (walked[-1].maps if walked else ()) if first <= m.type <= last and m.sample]
    for map_ in maps[:_FUNCTIONS]:
        handle = reader.word(map_.sample + layout.JSFunction.code)
        shared = reader.word(map_.sample + layout.JSFunction.shared)
        if handle and shared:
            offset = layout.SharedFunctionInfo.formal_parameter_count
            parameters = reader.word((shared & ~3) + (offset & ~7))
            if parameters is not None:
                yield (handle & 0xFFFFFFFF) >> _SHIFT, parameters >> 8 * (offset & 7) & 0xFFFF
