"""Frames of Windows code come from the function tables of its image, or are said not to."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Optional, Sequence

import pytest

from tests.unit.synthetic_minidump import PAGE, Minidump
from v8inspect.errors import MemoryUnreadable
from v8inspect.stack.native.cursor import Malformed
from v8inspect.stack.native.pdata import FunctionTables
from v8inspect.stack.native.unwinder import unwind
from v8inspect.targets import open_dump

BASE = 0x140000000
STACK = 0x80000
RBX, RBP, RSI, R12 = 3, 5, 6, 12
PUSH, LARGE, SMALL, FRAME, SAVE, SAVE_FAR, MACHINE = 0, 1, 2, 3, 4, 5, 10


def code(at: int, operation: int, info: int = 0) -> int:
    """An unwind code of the instruction that ends at offset `at` of the prolog."""
    return at | operation << 8 | info << 12


def information(
    codes: Sequence[int],
    frame: int = 0,
    offset: int = 0,
    chain: Optional[tuple[int, int, int]] = None,
) -> bytes:
    """UNWIND_INFO."""
    flags = 4 if chain else 0
    data = struct.pack("<4B", 1 | flags << 3, 32, len(codes), frame | offset << 4)
    data += struct.pack(f"<{len(codes)}H", *codes) + bytes(2 * (len(codes) & 1))
    return data + (struct.pack("<3I", *chain) if chain else b"")


def image(functions: Sequence[tuple[int, int, bytes]]) -> bytearray:
    """An image of three pages: headers, the table and its information, code."""
    data = bytearray(3 * PAGE)
    data[:2] = b"MZ"
    struct.pack_into("<I", data, 0x3C, 0x80)
    data[0x80:0x84] = b"PE\0\0"
    struct.pack_into("<II", data, 0x80 + 24 + 112 + 24, PAGE, 12 * len(functions))
    at = PAGE + 0x800
    for i, (begin, end, info) in enumerate(functions):
        struct.pack_into("<3I", data, PAGE + 12 * i, begin, end, at)
        data[at : at + len(info)] = info
        at += len(info) + -len(info) % 4
    return data


def tables(
    folder: Path, functions: Sequence[tuple[int, int, bytes]], *words: int
) -> FunctionTables:
    """Of an image, with these words on the stack."""
    stack = struct.pack(f"<{len(words)}Q", *words).ljust(PAGE, b"\0")
    dump = Minidump().thread(1).module(BASE, 3 * PAGE, "node.exe").memory(STACK, stack)
    dump.memory(BASE, bytes(image(functions)))
    return FunctionTables(open_dump(dump.write(folder / "node.dmp")))


def registers(rsp: int = STACK, **more: int) -> dict[str, int]:
    return {"rip": BASE + 0x2050, "rsp": rsp, "rbp": 1, "rbx": 2, "rsi": 3, "r12": 4, **more}


def test_pushes_and_a_small_allocation(tmp_path: Path) -> None:
    info = information([code(8, SMALL, 1), code(4, PUSH, RSI), code(2, PUSH, RBX)])
    found = tables(tmp_path, [(0x2000, 0x2100, info)], 0, 0, 33, 22, 0x1234)
    state = found.caller(registers(), BASE + 0x2050)
    assert (state["rip"], state["rsp"]) == (0x1234, STACK + 40)
    assert (state["rsi"], state["rbx"], state["r12"]) == (33, 22, 4)


def test_in_a_prolog_only_what_was_done_is_undone(tmp_path: Path) -> None:
    info = information([code(8, SMALL, 1), code(4, PUSH, RSI), code(2, PUSH, RBX)])
    found = tables(tmp_path, [(0x2000, 0x2100, info)], 22, 0x1234)
    state = found.caller(registers(), BASE + 0x2003)
    assert (state["rip"], state["rsp"], state["rbx"], state["rsi"]) == (0x1234, STACK + 16, 22, 3)


@pytest.mark.parametrize(
    ("codes", "size"),
    [([code(4, LARGE, 0), 0x20], 0x100), ([code(4, LARGE, 1), 0x200, 0], 0x200)],
)
def test_large_allocations(tmp_path: Path, codes: list[int], size: int) -> None:
    words = [0] * (size // 8) + [0x1234]
    found = tables(tmp_path, [(0x2000, 0x2100, information(codes))], *words)
    state = found.caller(registers(), BASE + 0x2050)
    assert (state["rip"], state["rsp"]) == (0x1234, STACK + size + 8)


def test_a_frame_register_and_saved_registers(tmp_path: Path) -> None:
    # push rbp; sub rsp, 0x20; lea rbp, [rsp + 0x10]; r12 kept at rsp + 8, rbx at rsp + 0x10.
    info = information(
        [code(20, SAVE, RBX), 2, code(16, SAVE_FAR, R12), 8, 0, code(9, FRAME), code(5, SMALL, 3),
         code(1, PUSH, RBP)],
        frame=RBP, offset=1,
    )  # fmt: skip
    found = tables(tmp_path, [(0x2000, 0x2100, info)], 9, 44, 22, 9, 55, 0x1234)
    # rsp has moved on, as alloca moves it.
    state = found.caller(registers(rsp=STACK - 64, rbp=STACK + 0x10), BASE + 0x2050)
    assert (state["rip"], state["rsp"], state["rbp"]) == (0x1234, STACK + 48, 55)
    assert (state["rbx"], state["r12"]) == (22, 44)


def test_what_is_chained_is_undone_too(tmp_path: Path) -> None:
    first = information([code(4, SMALL, 0), code(2, PUSH, RBX)])
    second = information([code(0, PUSH, RSI)], chain=(0x2000, 0x2040, PAGE + 0x800))
    found = tables(tmp_path, [(0x2000, 0x2040, first), (0x2040, 0x2100, second)], 33, 0, 22, 0x1234)
    state = found.caller(registers(), BASE + 0x2050)
    assert (state["rip"], state["rsp"], state["rbx"], state["rsi"]) == (0x1234, STACK + 32, 22, 33)


def test_a_function_that_is_not_in_the_table_has_put_nothing_on_the_stack(tmp_path: Path) -> None:
    found = tables(tmp_path, [(0x2000, 0x2010, information([]))], 0x1234)
    state = found.caller(registers(), BASE + 0x2050)
    assert (state["rip"], state["rsp"]) == (0x1234, STACK + 8)


def test_a_frame_that_the_processor_made(tmp_path: Path) -> None:
    info = information([code(0, MACHINE, 0)])
    found = tables(tmp_path, [(0x2000, 0x2100, info)], 0x1234, 0x33, 0x246, STACK + 0x300)
    state = found.caller(registers(), BASE + 0x2050)
    assert (state["rip"], state["rsp"]) == (0x1234, STACK + 0x300)


def test_without_an_image_there_is_no_caller(tmp_path: Path) -> None:
    dump = Minidump().module(BASE, 3 * PAGE, "node.exe").memory(STACK, bytes(PAGE))
    dump.thread(1, rip=BASE + 0x2050, rsp=STACK)
    target = open_dump(dump.write(tmp_path / "node.dmp"))
    (frame,) = unwind(target, target.threads()[0].registers)
    assert frame.problem == "the caller can't be found: the image of this code is not in the dump"


def test_the_unwinder_goes_to_the_end_of_the_stack(tmp_path: Path) -> None:
    info = information([code(4, SMALL, 0)])
    dump = Minidump().module(BASE, 3 * PAGE, "node.exe")
    stack = struct.pack("<4Q", 0, BASE + 0x2010, 0, 0).ljust(PAGE, b"\0")
    dump.memory(STACK, stack).memory(BASE, bytes(image([(0x2000, 0x2100, info)])))
    dump.thread(1, rip=BASE + 0x2050, rsp=STACK)
    target = open_dump(dump.write(tmp_path / "node.dmp"))
    frames = list(unwind(target, target.threads()[0].registers))
    assert [(frame.pc, frame.problem) for frame in frames] == [
        (BASE + 0x2050, None),
        (BASE + 0x2010, None),
    ]


def test_noise_in_the_tables_is_survived(tmp_path: Path) -> None:
    dice = random.Random(4)
    info = information([code(4, SMALL, 0), code(2, PUSH, RBX)])
    endless = information([], chain=(0x2000, 0x2100, PAGE + 0x800))
    for number in range(200):
        data = image([(0x2000, 0x2100, endless if number == 0 else info)])
        for _ in range(dice.randint(0, 8) if number else 0):
            data[dice.choice((0x3C, 0x120, PAGE, PAGE + 4, PAGE + 0x800)) + dice.randrange(12)] = (
                dice.randrange(256)
            )
        dump = Minidump().thread(1).module(BASE, 3 * PAGE, "node.exe")
        dump.memory(STACK, bytes(PAGE)).memory(BASE, bytes(data))
        found = FunctionTables(open_dump(dump.write(tmp_path / "node.dmp")))
        try:
            found.caller(registers(), BASE + 0x2050)
        except (Malformed, MemoryUnreadable, KeyError):
            continue
        assert number
