"""The executable and libraries of a core: found, matched by build id, read where the core has no
bytes of its own, asked for symbols."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest

from tests.unit.synthetic_elf import PAGE, Core, Image, R, X, mappings_of, pattern, process_core
from v8inspect.errors import MemoryUnreadable
from v8inspect.target import Module, Target
from v8inspect.targets import open_dump

SLIDE = 0x555500000000
OTHER_ID = b"\xff" * 20


def installed(image: Image, path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image.bytes())
    return str(path)


def opened(
    core: Core, folder: Path, exe: Optional[str] = None, sysroot: Optional[str] = None
) -> Target:
    return open_dump(core.write(folder / "core"), exe, sysroot)


def executable(target: Target) -> Module:
    (found,) = [m for m in target.modules() if m.is_executable]
    return found


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("slide", [0, SLIDE])
def test_text_that_the_core_leaves_out_comes_from_the_file(
    tmp_path: Path, machine: str, slide: int
) -> None:
    image = Image(machine, base=0 if slide else 0x400000)
    path = installed(image, tmp_path / "node")
    target = opened(process_core(image, path, slide), tmp_path)
    base = image.base + slide
    assert target.facts.warnings == ()
    module = executable(target)
    assert (module.path, module.file, module.problem) == (path, path, None)
    assert (module.start, module.end) == (base, base + 0x5000)
    assert module.build_id == bytes(range(20)).hex()
    assert target.read(base + 0x2000, 2 * PAGE) == image.text
    assert target.read(base + 0x1800, 8) == image.bytes()[0x1800:0x1808]
    assert [(r.present, r.file) for r in target.regions()] == [
        (2 * PAGE, path),
        (2 * PAGE, path),
        (PAGE, path),
        (2 * PAGE, None),
    ]


def test_without_the_file_text_is_absent_and_that_is_said(tmp_path: Path) -> None:
    image = Image()
    target = opened(process_core(image, "/no/such/node"), tmp_path)
    module = executable(target)
    assert module.file is None
    assert module.problem == "/no/such/node: No such file or directory"
    assert target.facts.warnings == (f"the executable is not used: {module.problem}",)
    with pytest.raises(MemoryUnreadable) as caught:
        target.read(0x402000, 8)
    assert caught.value.missing == 0x402000
    assert target.read(0x404000, 16) == image.bytes()[0x4000:0x4010]
    assert target.symbol("v8dbg_one") is None
    assert target.symbols("v8dbg_") == {}
    assert target.symbol_ints("v8dbg_") == {}


def test_bytes_in_the_core_are_believed_before_those_of_the_file(tmp_path: Path) -> None:
    image = Image()
    path = installed(image, tmp_path / "node")
    core = process_core(image, path)
    core.loads[1].data = pattern(PAGE, 99)  # a breakpoint was set in the first page of the text
    target = opened(core, tmp_path)
    assert target.read(0x402000, 2 * PAGE) == pattern(PAGE, 99) + image.text[PAGE:]


def test_an_executable_with_another_build_id_is_refused(tmp_path: Path) -> None:
    path = installed(Image(build_id=OTHER_ID), tmp_path / "node")
    target = opened(process_core(Image(), path), tmp_path)
    module = executable(target)
    assert module.file is None
    (warning,) = target.facts.warnings
    for part in (path, OTHER_ID.hex(), bytes(range(20)).hex()):
        assert part in warning
    assert target.symbols("v8dbg_") == {}
    assert target.read_partial(0x402000, 8) == b""


def test_the_given_executable_is_taken_from_anywhere(tmp_path: Path) -> None:
    image = Image()
    exe = installed(image, tmp_path / "elsewhere" / "node-copy")
    target = opened(process_core(image, "/gone/node"), tmp_path, exe)
    assert executable(target).file == exe
    assert target.facts.warnings == ()
    assert target.read(0x402000, PAGE) == image.text[:PAGE]


def test_a_wrong_given_executable_is_named_and_the_right_one_used(tmp_path: Path) -> None:
    image = Image()
    right = installed(image, tmp_path / "node")
    wrong = installed(Image(build_id=OTHER_ID), tmp_path / "wrong")
    target = opened(process_core(image, right), tmp_path, wrong)
    assert executable(target).file == right
    (warning,) = target.facts.warnings
    assert wrong in warning
    assert OTHER_ID.hex() in warning
    assert f"{right} is used instead" in warning


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"#!/bin/sh\n", "is a script"),
        (b"", "is an empty file"),
        (Image("aarch64").bytes(), "is for aarch64"),
        (Image().bytes()[:0x3000], "its segments are not those that the dump has mapped"),
    ],
)
def test_what_is_no_executable_of_the_core_is_refused(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    (tmp_path / "node").write_bytes(content)
    target = opened(process_core(Image(), str(tmp_path / "node")), tmp_path)
    assert executable(target).problem == f"{tmp_path / 'node'}: {problem}"


def test_the_sysroot_comes_before_the_machines_own_files(tmp_path: Path) -> None:
    image = Image()
    own = installed(Image(build_id=OTHER_ID), tmp_path / "node")
    inside = installed(image, Path(f"{tmp_path}/root{own}"))
    target = opened(process_core(image, own), tmp_path, None, str(tmp_path / "root"))
    assert executable(target).file == inside
    flat = installed(image, tmp_path / "flat" / "node")
    target = opened(process_core(image, own), tmp_path, None, str(tmp_path / "flat"))
    assert executable(target).file == flat


def test_without_a_build_id_in_the_dump_a_plausible_file_is_used_with_a_warning(
    tmp_path: Path,
) -> None:
    image = Image()
    path = installed(image, tmp_path / "node")
    core = process_core(image, path)
    core.loads[0].data = b""  # coredump_filter without ELF headers
    target = opened(core, tmp_path)
    module = executable(target)
    assert (module.file, module.build_id) == (path, None)
    assert module.problem == f"{path} is used unchecked: no build id in the dump"
    assert target.facts.warnings == (module.problem,)
    assert target.read(0x402000, 2 * PAGE) == image.text


def test_a_file_without_a_build_id_must_have_the_same_headers(tmp_path: Path) -> None:
    bare = Image(build_id=None)
    path = installed(bare, tmp_path / "node")
    same = opened(process_core(bare, path), tmp_path)
    assert (executable(same).file, same.facts.warnings) == (path, ())
    other = opened(process_core(Image(), path), tmp_path)
    assert executable(other).file is None


def test_an_entry_point_elsewhere_refuses_the_file(tmp_path: Path) -> None:
    image = Image(build_id=None)
    path = installed(image, tmp_path / "node")
    core = process_core(image, path)
    core.loads[0].data = b""
    core.auxv({3: 0x400040, 9: 0x409999})
    core.notes = core.notes.replace((0x402010).to_bytes(8, "little"), b"\x99\x99" + bytes(6))
    problem = executable(opened(core, tmp_path)).problem
    assert problem == f"{path}: its entry point differs from that in the dump"


@pytest.mark.parametrize("given", [True, False])
def test_a_core_without_mapped_files_has_its_executable_by_auxv(
    tmp_path: Path, given: bool
) -> None:
    image = Image("aarch64")
    path = installed(image, tmp_path / "node")
    core = Core("aarch64").thread(1).process(1)  # as qemu-user writes it
    core.auxv({3: 0x400040, 5: 5, 6: PAGE, 9: 0x402010, 31: 0x700000})
    core.load(0x400000, b"", 2 * PAGE, R).load(0x402000, b"", 2 * PAGE, R | X)
    core.load(0x404000, image.bytes()[0x4000:0x5000]).load(0x405000, bytes(2 * PAGE))
    core.load(0x700000, (path.encode() + b"\0").ljust(PAGE, b"\0"))
    target = opened(core, tmp_path, path if given else None)
    module = executable(target)
    assert (module.path, module.file, module.start) == (path, path, 0x400000)
    assert target.read(0x402000, 2 * PAGE) == image.text
    assert target.symbol("v8dbg_one") == 0x404010


def test_a_core_without_mapped_files_and_executable_tells_where_it_was(tmp_path: Path) -> None:
    image = Image(base=0)
    core = Core().thread(1).process(1).auxv({3: SLIDE + 64, 5: 5, 9: SLIDE + 0x2010, 31: 0x700000})
    core.load(SLIDE, image.bytes()[:PAGE], 2 * PAGE, R)
    core.load(0x700000, b"/gone/node\0".ljust(PAGE, b"\0"))
    module = executable(opened(core, tmp_path))
    assert (module.path, module.start) == ("/gone/node", SLIDE)
    assert module.build_id == bytes(range(20)).hex()
    assert module.file is None


def test_libraries_are_modules_too(tmp_path: Path) -> None:
    image = Image()
    library = Image(base=0, build_id=OTHER_ID, ints={"v8dbg_library": 5}, zeros=(), hidden={})
    path = installed(image, tmp_path / "node")
    other = installed(library, tmp_path / "libnode.so.115")
    at = 0x7F0000000000
    content = library.bytes()
    core = process_core(image, path, more=mappings_of(library, other, at))
    core.load(at, content[:PAGE], 2 * PAGE, R).load(at + 0x2000, b"", 2 * PAGE, R | X)
    core.load(at + 0x4000, content[0x4000:0x5000])
    target = opened(core, tmp_path)
    assert [(m.path, m.start, m.end, m.is_executable) for m in target.modules()] == [
        (path, 0x400000, 0x405000, True),
        (other, at, at + 0x5000, False),
    ]
    assert target.symbol("v8dbg_library") == at + 0x4010
    assert target.symbols("v8dbg_")["v8dbg_library"] == at + 0x4010
    assert target.symbol_ints("v8dbg_library") == {"v8dbg_library": 5}
    assert target.read(at + 0x2000, PAGE) == library.text[:PAGE]

    installed(Image(base=0, build_id=b"\x01" * 20), Path(other))
    target = opened(core, tmp_path)
    library_module = target.modules()[1]
    assert library_module.file is None
    assert "01" * 20 in (library_module.problem or "")
    assert target.facts.warnings == (
        "libraries here are of another build, not used: libnode.so.115",
    )


def test_pages_that_are_mapped_a_second_time_come_from_the_file(tmp_path: Path) -> None:
    """V8 maps the text of its builtins again beside its code range."""
    image = Image()
    path = installed(image, tmp_path / "node")
    again = (0x7F0000000000, 0x7F0000001000, 0x3000, path)
    core = process_core(image, path, more=[again]).load(again[0], b"", PAGE, R | X)
    target = opened(core, tmp_path)
    assert target.read(0x7F0000000000, PAGE) == image.text[PAGE:]
    (module,) = target.modules()
    assert (module.start, module.end) == (0x400000, 0x405000)


def test_gcore_writes_no_segment_for_unchanged_files(tmp_path: Path) -> None:
    image = Image()
    path = installed(image, tmp_path / "node")
    core = process_core(image, path)
    del core.loads[1]
    target = opened(core, tmp_path)
    assert target.read(0x402000, 2 * PAGE) == image.text
    text = target.regions()[1]
    assert (text.start, text.size, text.present) == (0x402000, 2 * PAGE, 2 * PAGE)
    assert (text.readable, text.writable, text.executable) == (True, False, True)


@pytest.mark.parametrize(("stack", "readable"), [(pattern(PAGE), True), (b"", False)])
def test_writable_pages_come_from_the_file_only_where_changed_ones_were_written(
    tmp_path: Path, stack: bytes, readable: bool
) -> None:
    """A kernel that leaves anonymous memory out (coredump_filter) leaves changed data out too."""
    image = Image()
    path = installed(image, tmp_path / "node")
    core = process_core(image, path)
    core.loads[2].data = core.loads[3].data = b""
    core.load(0x7FFF00000000, stack, PAGE)
    target = opened(core, tmp_path)
    assert len(target.read_partial(0x404000, PAGE)) == (PAGE if readable else 0)


def test_data_that_a_truncated_core_lost_does_not_come_from_the_file(tmp_path: Path) -> None:
    image = Image()
    path = installed(image, tmp_path / "node")
    core = process_core(image, path)
    whole = core.bytes()
    (tmp_path / "core").write_bytes(whole[: core.offsets[0x404000]])
    target = open_dump(str(tmp_path / "core"))
    assert executable(target).file == path
    assert target.read_partial(0x404000, 8) == b""
    assert target.read(0x402000, 8) == image.text[:8]


def test_shared_memory_and_devices_are_no_modules(tmp_path: Path) -> None:
    image = Image()
    path = installed(image, tmp_path / "node")
    others = [
        (0x7F0000000000, 0x7F0000001000, 0, "/memfd:jit (deleted)"),
        (0x7F0000001000, 0x7F0000002000, 0, "anon_inode:[perf_event]"),
    ]
    core = process_core(image, path, more=others)
    core.load(0x7F0000000000, pattern(PAGE), flags=R | X)
    core.load(0x7F0000001000, pattern(PAGE), flags=R | X)
    target = opened(core, tmp_path)
    assert [m.path for m in target.modules()] == [path]
    assert target.regions()[-1].file == "anon_inode:[perf_event]"
