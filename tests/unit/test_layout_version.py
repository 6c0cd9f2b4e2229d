"""Finding the version: which text is believed, what is told, and that it is quick."""

from __future__ import annotations

import time

import pytest

from tests.unit.test_layout_fakes import FakeTarget, memory
from v8inspect.errors import NoV8
from v8inspect.layout import version as version_module
from v8inspect.layout.version import find_version
from v8inspect.target import Module, Segment

NEW = b"12.4.254.21-node.57"
OLD = b"11.3.244.8-node.38"
C_STRING = b"1\0\0\0\0\0\0\0" + NEW + b"\0\0\0"  # as malloc's chunks have it
HEAP_STRING = b"\x09\x19\x10\0\3\0\0\0" + bytes([len(NEW), 0, 0, 0]) + NEW + b"\0\0"
TEXT = b'{"v8": "' + OLD + b'", "node": "20.20.2"}'
CHUNK = version_module._CHUNK


def heap_string(text: bytes) -> bytes:
    return bytes([len(text), 0, 0, 0]) + text + b"\0"


def search(*blocks: bytes) -> version_module.Version:
    return find_version(FakeTarget(memory(*((i << 32, b) for i, b in enumerate(blocks, 1)))))


@pytest.mark.parametrize("block", [C_STRING, HEAP_STRING, NEW, NEW + b"\0", b"\0" + NEW])
def test_one_hit_is_found(block: bytes) -> None:
    found = search(bytes(5000), block + bytes(100) if block != NEW else block)
    assert (found.v8, found.source, found.binary) == (NEW.decode(), "search in the dump", None)
    assert not found.warnings


def test_strings_beat_text() -> None:
    found = search(TEXT, TEXT, TEXT, HEAP_STRING)
    assert found.v8 == NEW.decode()
    assert OLD.decode() in found.warnings[0]


def test_c_string_beats_string_of_the_heap() -> None:
    """A program may keep a version as a string of its own."""
    found = search(heap_string(OLD), C_STRING)
    assert found.v8 == NEW.decode()
    assert OLD.decode() in found.warnings[0]


def test_majority_beats_a_single_string() -> None:
    found = search(heap_string(OLD), heap_string(NEW), heap_string(NEW))
    assert found.v8 == NEW.decode()


def test_equal_weight_is_decided_and_told() -> None:
    one, other = (
        search(heap_string(OLD), heap_string(NEW)),
        search(heap_string(NEW), heap_string(OLD)),
    )
    assert one == other
    assert "several" in one.warnings[0]


def test_text_alone_is_doubted() -> None:
    found = search(TEXT)
    assert found.v8 == OLD.decode()
    assert "part of other text" in found.warnings[0]


def test_near_the_executable_a_c_string_is_enough() -> None:
    target = FakeTarget(
        memory((0x1000, heap_string(OLD) * 2), (0x400000, bytes(64)), (0x900000, C_STRING)),
        modules_=(Module("node", 0x400000, 0x500000, is_executable=True),),
    )
    found = find_version(target)
    assert found.v8 == NEW.decode()
    assert not found.warnings  # nothing else was looked at


def test_text_near_the_executable_is_not_enough() -> None:
    target = FakeTarget(
        memory((0x1000, heap_string(NEW)), (0x400000, TEXT)),
        modules_=(Module("node", 0x400000, 0x500000, is_executable=True),),
    )
    assert find_version(target).v8 == NEW.decode()


@pytest.mark.parametrize("shift", range(-40, 40))
def test_hit_across_the_chunks_of_the_search(shift: int) -> None:
    block = bytes(CHUNK + shift) + HEAP_STRING + bytes(CHUNK)
    found = search(block)
    assert found.v8 == NEW.decode()
    assert not found.warnings


def test_every_hit_is_heard_once() -> None:
    block = bytearray(3 * CHUNK)
    for at in (0, CHUNK - 30, CHUNK - 7, 2 * CHUNK - 1, 3 * CHUNK - len(NEW)):
        block[at : at + len(NEW)] = NEW
    segment = Segment(0x1000, len(block), bytes(block), 0)
    hits = list(version_module._hits([segment], b"-node."))
    overwritten = 1  # the one at CHUNK - 30 lost its end to the next
    assert len([hit for hit in hits if hit.text == NEW.decode()]) >= 5 - overwritten
    assert len(hits) <= 5


def test_segment_in_the_middle_of_a_buffer() -> None:
    buffer = b"-node.1" * 10 + C_STRING + b"-node.1" * 10
    segment = Segment(0x1000, len(C_STRING), buffer, 70)
    assert find_version(FakeTarget([segment])).v8 == NEW.decode()


def test_holes_are_not_searched() -> None:
    class Hole:
        def __len__(self) -> int:
            return 1 << 40

        def __getitem__(self, index: slice) -> bytes:
            raise AssertionError("read")

    target = FakeTarget([*memory((0x1000, C_STRING)), Segment(1 << 40, 1 << 40, Hole(), 0, True)])
    assert find_version(target).v8 == NEW.decode()


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"-node.",
        b"-node.57",
        b"x12.4-node.57",
        b"12.4.254-node.5",
        b"12.4.254.21-node.x",
        b"1234567.4.254.21-nodes",
        b"-node." * 10000,
        b"....-node.1" * 1000,
        bytes(range(256)) * 100,
    ],
    ids=range(10),
)
def test_what_is_no_version(block: bytes) -> None:
    with pytest.raises(NoV8) as caught:
        search(block)
    assert "node" in caught.value.reason


def test_electron_is_found_for_what_it_is() -> None:
    found = search(bytes(100), b"\0" + b"12.4.254.14-electron.0\0")
    assert found.v8 == "12.4.254.14-electron.0"


def binary(text: bytes, pointer: int = 0x3000) -> FakeTarget:
    blocks = memory(
        (0x1000, (0x3000).to_bytes(8, "little")),
        (0x2000, b"".join(n.to_bytes(4, "little") for n in (12, 4, 254, 21)) + bytes(8)),
        (0x3000, text + b"\0"),
    )
    prefix = "_ZN2v88internal7Version"
    names = {
        prefix + "15version_string_E": 0x1000 if pointer else 0x8000,
        prefix + "6major_E": 0x2000,
        prefix + "6minor_E": 0x2004,
        prefix + "6build_E": 0x2008,
        prefix + "6patch_E": 0x200C,
        prefix + "9embedder_E": 0x1000,
    }
    return FakeTarget(blocks, names, read_only=(0x3000,))


def test_executable_is_asked_first() -> None:
    found = find_version(binary(NEW))
    assert (found.v8, found.binary) == (NEW.decode(), NEW.decode())
    assert "executable" in found.source


def test_executable_without_a_text_has_numbers() -> None:
    assert find_version(binary(b"-node.57", pointer=0)).v8 == NEW.decode()
    assert find_version(binary(b"-electron.3", pointer=0)).v8 == "12.4.254.21-electron.3"
    assert find_version(binary(b"", pointer=0)).v8 == "12.4.254.21"


def test_executable_with_nonsense_is_passed_over() -> None:
    target = binary(b"\x01\x02\x03", pointer=0)
    target.segments_ = [*target.segments_, *memory((0x10000, C_STRING))]
    found = find_version(target)
    assert (found.v8, found.binary) == (NEW.decode(), None)


def test_node_version_of_the_metadata() -> None:
    text = (0x5000).to_bytes(8, "little") + (7).to_bytes(8, "little")
    target = FakeTarget(
        memory((0x1000, C_STRING), (0x4000, text), (0x5000, b"22.23.3\0")),
        {"_ZN4node11per_process8metadataE": 0x4000},
    )
    assert find_version(target).node == "22.23.3"
    target.segments_ = memory((0x1000, C_STRING), (0x4000, bytes(16)))
    assert find_version(target).node is None


def test_search_is_quick() -> None:
    """0.15 s for 360 MB on a quiet machine; the bound leaves room for a busy one."""
    words = b"".join((0x7F0012345601 + 64 * i).to_bytes(8, "little") for i in range(8192))
    block = words * ((32 << 20) // len(words))
    segments = [Segment((1 + i) << 32, len(block), block, 0) for i in range(11)]
    started = time.perf_counter()
    with pytest.raises(NoV8):
        find_version(FakeTarget(segments))
    assert time.perf_counter() - started < 30  # two searches of 352 MB: Node's mark and Electron's
