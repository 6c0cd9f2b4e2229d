"""ThreadLocalTop and its neighbours: from the stack of the calibration program while it
waits in C++ that JavaScript has called.

The words of one table are tried moved by some bytes: what they must point to is known. A number is
put down only if all of them fit at once.
"""

from __future__ import annotations

from typing import Iterator, Mapping, Optional

from v8inspect.layout.tables import Table
from v8inspect.learn.fields import Fields
from v8inspect.learn.pages import isolate_of
from v8inspect.learn.record import Record

_SPAN = 0x6000
_BLOB_SPAN = 0x20000
_STACK = 1 << 20
_STATES = 16  # VMState has fewer values
_GROUP = "ThreadLocalTop."
_MOVED = (
    "context",
    "exception",
    "isolate",
    "handler",
    "js_entry_sp",
    "current_vm_state",
    "c_entry_fp",
    "c_function",
)
_BLOB = ("v8_Default_embedded_blob_code_size_", "v8_embedded_blob_code_size_")


class Threads:
    """The isolate of the calibration program and its main thread's stack."""

    def __init__(self, fields: Fields, heap: int, frames: Mapping[str, int]) -> None:
        self._fields = fields
        self._known = fields.known
        self._record: Record = fields.record
        self._frames = frames
        self._isolate = isolate_of(self._known, heap) or 0
        main = self._known.target.threads()[0]
        registers = main.registers
        self._sp = registers.get("rsp", registers.get("sp", 0))

    @property
    def exit_frame(self) -> Optional[int]:
        """The fp of the exit frame of what it waits in."""
        offset = self._record.derived.get(_GROUP + "c_entry_fp")
        word = None if offset is None else self._known.word(self._isolate + offset.value)
        return word if word is not None and self._is_exit_frame(word) else None

    def words(self, frame: int, count: int) -> list[int]:
        """Words from a frame's fp on, upwards."""
        return self._known.words(frame, count)

    def derive(self) -> None:
        """Puts down ThreadLocalTop.*; what an x64 binary can't say of arm64 is left out."""
        fitting = {
            tuple(values[name] for name in _MOVED): table
            for table in self._fields.record.bases.tables
            for values in self._fits(table)
        }
        if len(fitting) == 1:
            ((numbers, table),) = fitting.items()
            for name, number in zip(_MOVED, numbers):
                self._record.put(_GROUP + name, number, f"measured: all in the order of {table.v8}")
            self._fast(table, numbers[_MOVED.index("c_entry_fp")])
        elif fitting:
            self._record.remarks.append(f"ThreadLocalTop: {len(fitting)} places fit")
        self._blob()

    def _fits(self, table: Table) -> Iterator[dict[str, int]]:
        old = {name: table.constants[_GROUP + name].value for name in _MOVED}
        for at, word in enumerate(self._known.words(self._isolate, _SPAN // 8)):
            if word != self._isolate or at < 2:
                continue
            moved = {name: number + 8 * at - old["isolate"] for name, number in old.items()}
            if min(moved.values()) > 0 and self._all_fit(moved):
                yield moved

    def _all_fit(self, moved: Mapping[str, int]) -> bool:
        words = {name: self._known.word(self._isolate + at) or 0 for name, at in moved.items()}
        holes = [
            self._fields.types[name] for name in ("HOLE", "ODDBALL") if name in self._fields.types
        ]
        get = self._record.get
        contexts = range(get("Context.first_type") or 0, (get("Context.last_type") or 0) + 1)
        handler = self._known.words(words["handler"], 2) if self._on_stack(words["handler"]) else []
        return (
            self._is_exit_frame(words["c_entry_fp"])
            and self._on_stack(words["js_entry_sp"])
            and words["js_entry_sp"] > words["c_entry_fp"]
            and len(handler) == 2
            and (handler[0] == 0 or self._on_stack(handler[0]))
            and self._fields.type_of(words["context"]) in contexts
            and self._fields.type_of(words["exception"]) in holes
            and words["current_vm_state"] & 0xFFFFFFFF < _STATES
            and self._known.target.symbol_at(words["c_function"]) is not None
        )

    def _on_stack(self, word: int) -> bool:
        return word % 8 == 0 and self._sp <= word < self._sp + _STACK

    def _is_exit_frame(self, word: int) -> bool:
        if not self._on_stack(word):
            return False
        marker = self._known.word(word - 8) or 0
        names = {name for name, number in self._frames.items() if marker == number << 1}
        return any("Exit" in name for name in names)

    def _fast(self, table: Table, c_entry: int) -> None:
        """Of a fast call: its fp is 0 while none is made, its pc is that of the last one. They
        stand side by side, where a table has them or as far from c_entry_fp as there."""
        olds = [
            table.constants[_GROUP + f"fast_c_call_caller_{name}"].value for name in ("fp", "pc")
        ]
        moved = c_entry - table.constants[_GROUP + "c_entry_fp"].value
        near = {old + way + 8 * step for old in olds for way in (0, moved) for step in range(-6, 7)}
        found = {
            (at, at + other)
            for at in near
            for other in (-8, 8)
            if min(at, at + other) > 0
            and max(at, at + other) < c_entry
            and self._known.word(self._isolate + at) == 0
            and self._is_code(self._known.word(self._isolate + at + other) or 0)
        }
        tables = self._record.bases.tables
        orders = {_fp_first(other) for other in tables}
        ordered = sorted(pair for pair in found if (pair[0] < pair[1]) in orders)
        if len(ordered) == 1:
            fp, pc = ordered[0]
            self._record.put(_GROUP + "fast_c_call_caller_fp", fp)
            self._record.put(_GROUP + "fast_c_call_caller_pc", pc)
        else:
            self._record.remarks.append(f"fast_c_call_caller_*: could be any of {ordered}")

    def _is_code(self, word: int) -> bool:
        return word > 0x10000 and any(
            region.start <= word < region.start + region.size and region.executable
            for region in self._known.target.regions()
        )

    def _blob(self) -> None:
        """The builtins' code: a pointer and behind it the size that the binary says."""
        target = self._known.target
        addresses = [target.symbol(name) for name in _BLOB]
        size = next((self._known.number(at, 4) for at in addresses if at is not None), None)
        self._record.lacks(_GROUP + "embedded_blob_code_arm64")
        if not size:
            return
        words = self._known.words(self._isolate, _BLOB_SPAN // 8)
        found = [
            8 * at
            for at, (word, behind) in enumerate(zip(words, words[1:]))
            if behind & 0xFFFFFFFF == size and word % 4096 == 0 and word > 0x10000
        ]
        if found:
            self._record.put(_GROUP + "embedded_blob_code", found[0])


def _fp_first(table: Table) -> bool:
    fp, pc = (table.constants[f"{_GROUP}fast_c_call_caller_{name}"].value for name in ("fp", "pc"))
    return fp < pc
