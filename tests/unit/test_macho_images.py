"""Where the executable of a core of macOS is, which file is taken for it, what its symbols say."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Optional

import pytest

from tests.unit.synthetic_elf import pattern
from tests.unit.synthetic_macho import (
    DYLIB,
    DYLINKER,
    PAGE,
    UUID,
    UUID_TEXT,
    Core,
    Image,
    all_image_infos,
    command,
    fat,
)
from v8inspect.target import Module, Target
from v8inspect.targets import open_dump

NODE = "/srv/app/bin/node"
SLIDE = 0xA2B4000
LOAD = 0x100000000 + SLIDE
HEAP = 0x300000000
DYLD = 0x7FF800000000


def opened(core: Core, folder: Path, exe: Optional[str] = None) -> Target:
    core.memory(HEAP, pattern(PAGE) * 256)  # 4 MB: it may have a heap
    return open_dump(core.thread().write(folder / "core.1"), exe)


def main_of(target: Target) -> Module:
    (main,) = [module for module in target.modules() if module.is_executable]
    return main


def modified(arch: str = "x86_64") -> Core:
    """As LLDB writes modified memory: a note, and of the image what was written to."""
    core = Core(arch, lldb=True)
    segments = [LOAD, LOAD + PAGE, LOAD + 2 * PAGE]
    core.list_images([(NODE, UUID, LOAD, segments), ("/usr/lib/dyld", bytes(16), DYLD, [DYLD])])
    start, data, protection = Image(arch).parts()[1]
    return core.memory(start + SLIDE, data, None, protection)


def test_by_the_note_without_its_header(tmp_path: Path) -> None:
    target = opened(modified(), tmp_path)
    main = main_of(target)
    assert (main.path, main.start, main.build_id) == (NODE, LOAD, UUID_TEXT)
    assert main.start < LOAD + PAGE < main.end
    assert main.problem is not None
    assert any("the executable is not used" in text for text in target.facts.warnings)
    assert target.symbol("v8dbg_one") is None


def test_a_file_of_the_same_uuid_gives_symbols_and_code(tmp_path: Path) -> None:
    target = opened(modified(), tmp_path, Image().write(tmp_path / "node"))
    assert target.facts.warnings == ()
    assert target.symbol("v8dbg_one") == LOAD + PAGE + 0x2000
    assert target.symbols("v8dbg_") == {
        "v8dbg_one": LOAD + PAGE + 0x2000,
        "v8dbg_two": LOAD + PAGE + 0x2004,
        "v8dbg_zero": LOAD + PAGE + 0x3000,
    }
    assert target.symbol_ints("v8dbg_") == {"v8dbg_one": 1, "v8dbg_two": -2, "v8dbg_zero": 0}
    assert target.symbol_at(LOAD + 0x1010) == ("main", 0x10)
    assert target.symbol_at(LOAD + 0x1100) == ("other", 0)
    assert target.symbol_at(LOAD + 0x3000) is None  # behind __text
    assert target.read(LOAD, 4) == b"\xcf\xfa\xed\xfe"  # what no process writes to
    assert main_of(target).end == LOAD + 3 * PAGE


@pytest.mark.parametrize("wide", [True, False])
def test_of_a_universal_file_the_part_for_this_cpu(tmp_path: Path, wide: bool) -> None:
    other, ours = Image("x86_64", uuid=bytes([9] * 16)), Image("aarch64", ints={"v8dbg_arm": 64})
    path = tmp_path / "node"
    path.write_bytes(fat([other, ours], wide))
    target = opened(modified("aarch64"), tmp_path, str(path))
    assert target.facts.warnings == ()
    assert target.symbol_ints("v8dbg_") == {"v8dbg_arm": 64, "v8dbg_zero": 0}
    assert target.read(LOAD, PAGE) == ours.parts()[0][1]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (Image(uuid=bytes([9] * 16)).bytes(), f"-0909-090909090909, the dump has {UUID_TEXT}"),
        (Image(uuid=None).bytes(), f"UUID None, the dump has {UUID_TEXT}"),
        (Image("aarch64").bytes(), "is for aarch64"),
        (fat([Image("aarch64")]), "without a part for x86_64"),
        (b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0" + bytes(99), "is an ELF executable"),
        (Core().thread().bytes(), "is a Mach-O"),
        (b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(99), "is unknown data"),  # a class of Java's
        (b"", "is an empty file"),
    ],
)  # fmt: skip
def test_another_file_is_refused(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "node"
    path.write_bytes(data)
    target = opened(modified(), tmp_path, str(path))
    assert main_of(target).file is None
    assert problem in (main_of(target).problem or "")
    assert target.symbol_ints("v8dbg_") == {}


def test_without_a_uuid_in_the_dump_no_file_is_taken(tmp_path: Path) -> None:
    core = Core(lldb=True).list_images([(NODE, bytes(16), LOAD, [LOAD])])
    target = opened(core, tmp_path, Image().write(tmp_path / "node"))
    assert "no UUID to check it by" in (main_of(target).problem or "")


def test_by_its_header_with_symbols_of_its_own(tmp_path: Path) -> None:
    target = opened(Core().image(Image(), SLIDE), tmp_path)
    main = main_of(target)
    assert (main.start, main.end, main.build_id) == (LOAD, LOAD + 3 * PAGE, UUID_TEXT)
    assert target.facts.warnings == ()  # no file is needed
    assert target.symbol_ints("v8dbg_") == {"v8dbg_one": 1, "v8dbg_two": -2, "v8dbg_zero": 0}
    assert target.symbol_at(LOAD + 0x1010) == ("main", 0x10)


def test_by_its_header_in_the_middle_of_a_segment(tmp_path: Path) -> None:
    whole = pattern(4 * PAGE) + b"".join(data for _, data, _ in Image().parts())
    target = opened(Core().memory(LOAD - 4 * PAGE, whole), tmp_path)
    assert main_of(target).start == LOAD


def test_a_note_of_another_image_than_the_one_in_memory(tmp_path: Path) -> None:
    core = Core(lldb=True).list_images([(NODE, bytes([9] * 16), LOAD, [LOAD])])
    target = opened(core.image(Image(), SLIDE), tmp_path)
    assert target.symbol("v8dbg_one") is None


def test_by_the_list_of_dyld(tmp_path: Path) -> None:
    library = Image(kind=DYLIB, uuid=bytes([8] * 16), base=0x7FF900000000, ints={}, zeros=())
    listed = [(LOAD, NODE), (library.base, "/opt/lib/libnode.dylib"), (0x5000, "/usr/lib/gone")]
    dyld = Image(
        kind=DYLINKER,
        uuid=bytes([7] * 16),
        base=DYLD,
        data=all_image_infos(listed, DYLD + PAGE),
        name=b"/usr/lib/dyld",
        ints={},
        zeros=(),
    )
    target = opened(Core().image(Image(), SLIDE).image(library).image(dyld), tmp_path)
    assert [(m.path, m.start) for m in target.modules()] == [
        ("/usr/lib/gone", 0x5000),
        (NODE, LOAD),
        ("/usr/lib/dyld", DYLD),
        ("/opt/lib/libnode.dylib", library.base),
    ]
    assert main_of(target).path == NODE
    assert target.symbol("v8dbg_two") == LOAD + PAGE + 0x2004


@pytest.mark.parametrize("version", [1, 2])
def test_by_the_note_of_the_main_binary(tmp_path: Path, version: int) -> None:
    absent = (1 << 64) - 1
    if version == 1:
        data = struct.pack("<IIQ16sII", 1, 2, LOAD, UUID, 14, 0)
    else:
        data = struct.pack("<IIQQ16sII", 2, 2, LOAD, absent, UUID, 14, 0)
    core = Core().note(b"main bin spec", data)
    target = opened(core, tmp_path, Image().write(tmp_path / "node"))
    assert (main_of(target).start, main_of(target).build_id) == (LOAD, UUID_TEXT)
    assert target.symbol("v8dbg_one") == LOAD + PAGE + 0x2000


def test_by_the_note_of_a_loaded_binary(tmp_path: Path) -> None:
    absent = (1 << 64) - 1
    data = struct.pack("<I16sQQ", 1, UUID, LOAD, absent) + NODE.encode() + b"\0"
    target = opened(Core().note(b"load binary", data), tmp_path)
    assert (main_of(target).path, main_of(target).start) == (NODE, LOAD)


def test_by_the_command_of_gcore(tmp_path: Path) -> None:
    data = struct.pack("<IHHQ", 1, 1, 14, LOAD) + UUID + bytes(8)
    core = Core(more=[command(0x140, data)]).image(Image(), SLIDE)
    assert main_of(opened(core, tmp_path)).start == LOAD


def test_a_wrong_address_of_gcore_is_no_executable(tmp_path: Path) -> None:
    core = Core(more=[command(0x140, struct.pack("<IHHQ", 1, 1, 14, HEAP))])
    assert opened(core, tmp_path).modules() == []


def test_libraries_of_the_shared_cache_end_where_others_begin(tmp_path: Path) -> None:
    core = Core(lldb=True).list_images(
        [
            (NODE, UUID, LOAD, [LOAD, LOAD + PAGE, LOAD + 2 * PAGE]),
            ("/usr/lib/liba.dylib", bytes([1] * 16), DYLD, [DYLD, DYLD + 64 * PAGE]),
            ("/usr/lib/libb.dylib", bytes([2] * 16), DYLD + PAGE, [DYLD + PAGE, DYLD + 65 * PAGE]),
        ]
    )
    ends = {module.path: module.end for module in opened(core, tmp_path).modules()}
    assert ends[NODE] == LOAD + 2 * PAGE
    assert ends["/usr/lib/liba.dylib"] == DYLD + PAGE


def test_a_path_of_the_dump_is_looked_for_in_the_sysroot(tmp_path: Path) -> None:
    (tmp_path / "srv/app/bin").mkdir(parents=True)
    Image().write(tmp_path / "srv/app/bin/node")
    core = modified().memory(HEAP, pattern(PAGE)).thread().write(tmp_path / "core.1")
    target = open_dump(core, sysroot=str(tmp_path))
    assert main_of(target).file == str(tmp_path / "srv/app/bin/node")


def test_an_executable_that_nothing_in_the_dump_matches(tmp_path: Path) -> None:
    target = opened(Core(), tmp_path, Image().write(tmp_path / "node"))
    assert target.modules() == []
    assert any("which one it was" in text for text in target.facts.warnings)
