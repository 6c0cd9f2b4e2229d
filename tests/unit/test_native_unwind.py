"""The native unwinder on made-up memory: what it follows, and that nothing leads it astray."""

from __future__ import annotations

import random
import struct
import time
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

import pytest

from tests.unit.test_layout_fakes import FakeTarget
from v8inspect.stack.native.cursor import Malformed
from v8inspect.stack.native.expressions import evaluate
from v8inspect.stack.native.names import readable
from v8inspect.stack.native.unwinder import FRAME_POINTER, RULES, NativeFrame, unwind
from v8inspect.target import Module, Segment

MODULE, STACK, JIT = 0x400000, 0x7FFF0000, 0x900000
FRAMES_AT = 0x400  # of .eh_frame_hdr in the module
# x86-64: CFA = rsp + 8, return address at CFA - 8.
CIE = bytes([1]) + b"zR\0" + bytes([1, 0x78, 16, 1, 0x1B, 0x0C, 7, 8, 0x90, 1])


def module(functions: Sequence[Tuple[int, int, bytes]]) -> bytearray:
    """An ELF image with one FDE for each (start, size, program), addresses relative to it."""
    image = bytearray(0x4000)
    struct.pack_into("<16sHHIQQQIHHHHHH", image, 0, b"\x7fELF\2\1\1", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)  # fmt: skip # noqa: E501
    struct.pack_into("<IIQQQQQQ", image, 64, 1, 5, 0, 0, 0, 0x4000, 0x4000, 0x1000)
    struct.pack_into("<IIQQQQQQ", image, 120, 0x6474E550, 4, FRAMES_AT, FRAMES_AT, 0, 64, 64, 4)
    frames = 0x800
    struct.pack_into("<II", image, frames, 4 + len(CIE), 0)
    image[frames + 8 : frames + 8 + len(CIE)] = CIE
    at = frames + 8 + len(CIE)
    table: List[Tuple[int, int]] = []
    for start, size, program in functions:
        body = struct.pack("<Iii", at + 4 - frames, start - (at + 8), size) + b"\0" + program
        struct.pack_into("<I", image, at, len(body))
        image[at + 4 : at + 4 + len(body)] = body
        table.append((start - FRAMES_AT, at - FRAMES_AT))
        at += 4 + len(body)
    head = struct.pack("<4BiI", 1, 0x1B, 3, 0x3B, frames - FRAMES_AT - 4, len(table))
    image[FRAMES_AT : FRAMES_AT + 12] = head
    for i, pair in enumerate(sorted(table)):
        struct.pack_into("<ii", image, FRAMES_AT + 12 + 8 * i, *pair)
    return image


def target(image: bytes, stack: bytes) -> FakeTarget:
    segments = [
        Segment(MODULE, len(image), bytes(image), 0),
        Segment(STACK, len(stack), bytes(stack), 0),
    ]
    return FakeTarget(segments, modules_=[Module("/node", MODULE, MODULE + len(image))])


def stack_of_words(*words: int) -> bytes:
    return struct.pack(f"<{len(words)}Q", *words).ljust(0x4000, b"\0")


def at_top(pc: int, sp: int = STACK, fp: int = 0) -> Dict[str, int]:
    return {"rip": pc, "rsp": sp, "rbp": fp, "rbx": 1}


# push rbp; mov rbp, rsp: CFA = rbp + 16, rbp at CFA - 16. And the function that ends all.
FRAMED = bytes([0x41, 0x0E, 16, 0x86, 2, 0x43, 0x0D, 6])
PUSHES_RBX = bytes([0x41, 0x0E, 16, 0x83, 2])
FIRST = bytes([0x07, 16])
IMAGE = module([(0x1000, 0x100, FRAMED), (0x1100, 0x100, PUSHES_RBX), (0x1200, 0x100, FIRST)])


def test_rules_and_frame_pointers_are_followed_to_the_first_function() -> None:
    stack = stack_of_words(
        STACK + 0x20, MODULE + 0x1150,       # 0x1000: rbp, return address
        0xB0B, JIT + 5,                      # 0x1100: rbx, return address
        STACK + 0x40, MODULE + 0x1250,       # JIT: rbp, return address
    )  # fmt: skip
    frames = list(unwind(target(IMAGE, stack), at_top(MODULE + 0x1050, fp=STACK)))
    assert frames == [
        NativeFrame(MODULE + 0x1050, STACK, STACK, "registers", returns=False),
        NativeFrame(MODULE + 0x1150, STACK + 0x10, STACK + 0x20, RULES),
        NativeFrame(JIT + 5, STACK + 0x20, STACK + 0x20, RULES),
        NativeFrame(MODULE + 0x1250, STACK + 0x30, STACK + 0x40, FRAME_POINTER),
    ]
    assert [frame.lookup - frame.pc for frame in frames] == [0, -1, -1, -1]


def test_a_function_that_was_just_called_has_no_frame_yet() -> None:
    stack = stack_of_words(MODULE + 0x1250)
    frames = list(unwind(target(IMAGE, stack), at_top(MODULE + 0x1000, fp=1)))
    assert [(frame.pc, frame.sp) for frame in frames[1:]] == [(MODULE + 0x1250, STACK + 8)]


def test_a_call_of_nowhere_is_traced_to_its_caller() -> None:
    frames = list(unwind(target(IMAGE, stack_of_words(MODULE + 0x1250)), at_top(0)))
    assert [frame.pc for frame in frames] == [0, MODULE + 0x1250]
    assert frames[-1].problem is None


def test_registers_that_a_frame_had_saved_serve_the_rules_above() -> None:
    image = module([(0x1000, 0x100, bytes([0x0C, 3, 16])), (0x1200, 0x100, FIRST)])  # CFA = rbx+16
    stack = stack_of_words(0, MODULE + 0x1010, 0, MODULE + 0x1250)

    def saved_of(fp: int) -> Optional[Mapping[str, int]]:
        return {"rbx": STACK + 16} if fp == STACK else None

    there = target(image, stack)
    frames = list(unwind(there, at_top(JIT, fp=STACK), saved_of, is_v8_code=lambda pc: pc >= JIT))
    assert [frame.pc for frame in frames] == [JIT, MODULE + 0x1010, MODULE + 0x1250]


def test_signed_return_addresses_of_aarch64_are_stripped_where_no_dump_says_how() -> None:
    stack = stack_of_words(STACK + 0x20, 0x3D_0000_0000_0000 | JIT + 4, 0, 0, 0, 0)
    there = FakeTarget([Segment(STACK, len(stack), stack, 0)], arch="aarch64")
    top = {"pc": JIT, "sp": STACK, "x29": STACK, "x30": 5}
    assert [frame.pc for frame in unwind(there, top, is_v8_code=lambda pc: True)] == [JIT, JIT + 4]


def test_without_a_library_aarch64_goes_on_by_frame_pointers() -> None:
    # The function of the module has its caller by sp, which a frame pointer does not tell there.
    image = module([(0x1000, 0x100, bytes([0x0C, 31, 16, 0x9E, 1]))])
    library = 0x5500000000
    stack = stack_of_words(
        STACK + 0x20, library, 0, 0,
        STACK + 0x40, MODULE + 0x1010, 0, 0,
        STACK + 0x60, JIT, 0, 0,
    )  # fmt: skip
    there = FakeTarget(
        [Segment(MODULE, len(image), bytes(image), 0), Segment(STACK, len(stack), stack, 0)],
        modules_=[Module("/node", MODULE, MODULE + len(image))],
        arch="aarch64",
    )
    top = {"pc": JIT, "sp": STACK, "x29": STACK, "x30": 5}
    frames = unwind(there, top, is_v8_code=lambda pc: JIT <= pc + 1 <= JIT + 1)
    assert [frame.pc for frame in frames] == [JIT, library, MODULE + 0x1010, JIT]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((STACK, JIT), "the stack does not lead on: it goes in circles"),
        ((0x1234567, JIT), "the caller can't be found: the frame pointer is 0x1234567"),
        ((STACK + 0x3FF8, JIT), f"no memory at {STACK + 0x4000:#x}"),
    ],
)
def test_a_stack_that_leads_nowhere_ends_with_the_reason(
    words: Tuple[int, ...], problem: str
) -> None:
    there = target(IMAGE, stack_of_words(*words))
    frames = list(unwind(there, at_top(JIT, fp=STACK), is_v8_code=lambda pc: True))
    assert frames[-1].problem == problem
    assert len(frames) <= 3


def test_the_limit_is_marked() -> None:
    words = [w for i in range(1, 1000) for w in (STACK + 16 * i, JIT)]
    there = target(IMAGE, stack_of_words(*words))
    frames = list(unwind(there, at_top(JIT, fp=STACK), limit=10, is_v8_code=lambda pc: True))
    assert len(frames) == 10
    assert frames[-1].problem == "only 10 frames are followed"


def test_noise_ends_a_walk_and_raises_nothing() -> None:
    source = random.Random(1)
    start = time.perf_counter()
    for _ in range(1000):
        image, stack = bytearray(IMAGE), bytearray(stack_of_words())
        # Bytes of .eh_frame_hdr, .eh_frame or the headers; words of the stack that nearly fit.
        for _ in range(source.randrange(20)):
            low, high = source.choice(((0, 200), (FRAMES_AT, FRAMES_AT + 40), (0x800, 0x880)))
            image[source.randrange(low, high)] = source.randrange(256)
        for at in range(0, 0x200, 8):
            word = source.choice(
                (STACK + source.randrange(0x4000), MODULE + source.randrange(0x1000, 0x1300), 0)
            )
            struct.pack_into("<Q", stack, at, word)
        top = at_top(MODULE + source.randrange(0x1000, 0x1300), fp=STACK + 8 * source.randrange(99))
        frames = list(unwind(target(bytes(image), bytes(stack)), top))
        assert len(frames) <= 0x4000 // 8 + 1
    assert time.perf_counter() - start < 10


def test_an_expression_that_loops_is_left() -> None:
    with pytest.raises(Malformed, match="does not end"):
        evaluate(bytes([0x2F, 0xFD, 0xFF]), {}, lambda address: 0)


def test_the_expression_of_a_linkage_table_gives_its_frame() -> None:
    # rsp + 8 + ((rip & 15) >= 11) * 8: what linkers write for .plt.
    code = bytes([0x77, 8, 0x80, 0, 0x3F, 0x1A, 0x3B, 0x2A, 0x33, 0x24, 0x22])
    assert evaluate(code, {7: 0x1000, 16: 0x40A}, lambda address: 0) == 0x1008
    assert evaluate(code, {7: 0x1000, 16: 0x40B}, lambda address: 0) == 0x1010


@pytest.mark.parametrize(
    ("linked", "shown"),
    [
        ("uv_run", "uv_run"),
        ("__libc_start_main@@GLIBC_2.34", "__libc_start_main"),
        ("_ZN4node5StartEiPPc", "node::Start"),
        ("_ZN4node12_GLOBAL__N_120PlatformWorkerThreadEPv", "node::(anonymous namespace)::PlatformWorkerThread"),  # noqa: E501
        ("_ZNK2v88internal6String5printEv", "v8::internal::String::print"),
        ("_ZN2v88internal15DbgStdoutStreamD1Ev", "v8::internal::DbgStdoutStream::~DbgStdoutStream"),
        ("_ZN2v88internallsERSoRKNS0_6HandleIiEE", "v8::internal::operator<<"),
        ("_ZN2v88internal10JsonParserIhE13ParseJsonTextEv.cold.7", "v8::internal::JsonParser<…>::ParseJsonText [cold]"),  # noqa: E501
        ("_ZThn16_N4node3FooD1Ev", "thunk to node::Foo::~Foo"),
        ("_ZZN4node6worker6Worker3RunEvENKUlS1_E_clEi", "node::worker::Worker::Run::{lambda#1}::operator()"),  # noqa: E501
        ("_ZN4node3getIiQsr3stdE8integralIT_EEEvS1_", "node::get<…>"),
        ("_ZN9999999999999foo", "_ZN9999999999999foo"),
        ("_ZNIIIIIII", "_ZNIIIIIII"),
    ],
)  # fmt: skip
def test_a_linked_name_is_shown_as_a_reader_wants_it(linked: str, shown: str) -> None:
    assert readable(linked) == shown


def test_noise_is_a_name_too() -> None:
    source = random.Random(3)
    letters = "NZEIJXFSTLDUCAKV_0123456789stlvbiadclMQB²"
    for _ in range(20000):
        readable("_Z" + "".join(source.choice(letters) for _ in range(source.randrange(40))))
