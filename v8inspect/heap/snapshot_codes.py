"""Names of Code in snapshots: a builtin's, else that of the function it was compiled for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from v8inspect.errors import MemoryUnreadable
from v8inspect.heap.graph_roots import BUILTINS
from v8inspect.objects.functions import shared_debug_name
from v8inspect.objects.reader import reader_of
from v8inspect.stack.builtins import Builtins

if TYPE_CHECKING:
    from v8inspect.layout.snapshots import SnapshotFormat
    from v8inspect.session import Session

_MOST = 1 << 16  # Code whose name is looked for: more is of the program
_BUILTIN_INDEX = {"10.2": 52}  # byte of a Code: V8's number of the builtin, in the order of symbols
_PREFIX = "Builtins_"


def code_names(session: Session, form: SnapshotFormat, isolate: int) -> dict[int, str]:
    """By untagged address. Builtins are told by symbols: without those they have no names."""
    layout, memory = session.layout, session.memory
    isolates = {item.number: item.address for item in session.heap.isolates}
    builtins = Builtins(session, isolates[isolate]) if isolate in isolates else None
    in_order = _in_order(session)
    named = form.code_named
    names: dict[int, str] = {}
    codes, functions = _codes(session)
    for address in codes[:_MOST]:
        try:
            index = _BUILTIN_INDEX.get(layout.table)
            if index is not None:
                number = memory.u32(address + index)
                name = in_order[number] if number < len(in_order) else ""
            else:
                start = _start(session, address)
                name = builtins.name(start) if builtins is not None else ""
            if name:
                names[address] = form.builtin % name
                continue
            if not named:
                continue
            flags = memory.u32(address + layout.Code.flags)
        except MemoryUnreadable:
            continue
        shared = functions.get(address + 1)
        if shared is not None:
            found = shared_debug_name(reader_of(session), shared)
            baseline = flags & layout.Code.kind_mask == layout.Code.kind_baseline
            kind_name = "BASELINE" if baseline else "TURBOFAN"
            names[address] = f"(code for {found})" if found else f"({kind_name} code)"
            stream = _stream(session, form, address) if form.streams_named else None
            if stream is not None:
                what = "instruction stream"
                names[stream] = f"({what} for {found})" if found else f"({kind_name} {what})"
        else:
            names[address] = "(code)"
    return names


def _stream(session: Session, form: SnapshotFormat, code: int) -> Optional[int]:
    """The untagged address of the machine code of a Code."""
    for offset, text in form.slots.get("CODE", {}).items():
        if text == "instruction_stream":
            try:
                word = session.memory.u64(code + offset)
            except MemoryUnreadable:
                return None
            return word - 1 if word & 3 == 1 else None
    return None


def _in_order(session: Session) -> list[str]:
    """The names of all builtins by number, where Code has no address that tells it."""
    if session.layout.table not in _BUILTIN_INDEX:
        return []
    symbols = session.target.symbols(_PREFIX)
    return [name[len(_PREFIX) :] for name, _ in sorted(symbols.items(), key=lambda item: item[1])]


def _start(session: Session, address: int) -> int:
    fields = session.layout.Code
    if fields.instruction_start is not None:
        return session.memory.u64(address + fields.instruction_start)
    return address + (fields.instructions or 0)


def _codes(session: Session) -> tuple[list[int], dict[int, int]]:
    """Untagged addresses of all Code, and the function (its tagged SharedFunctionInfo) that keeps
    a Code as its own."""
    layout, memory = session.layout, session.memory
    code, shared = layout.types["CODE"], layout.types["SHARED_FUNCTION_INFO"]
    codes: list[int] = []
    functions: dict[int, int] = {}
    maps = session.heap.walked()[-1].maps
    for addresses, indices in session.heap.collect(lambda map_: map_.type in (code, shared)):
        for address, index in zip(addresses, indices):
            if maps[index].type == code:
                codes.append(address)
                continue
            try:
                data = memory.u64(address + layout.SharedFunctionInfo.function_data)
            except MemoryUnreadable:
                continue
            if data & 1:
                functions.setdefault(data, address + 1)
    if layout.Code.instruction_stream_code is None:  # all Code is in code space
        graph = session.graph
        words = [graph.word(root.node) for root in graph.roots if root.category == BUILTINS]
        codes += [word - 1 for word in words]
        codes += [word - 1 for word in functions if graph.type_at(word) == code]
    return list(dict.fromkeys(codes)), functions
