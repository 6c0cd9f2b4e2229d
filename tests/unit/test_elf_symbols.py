"""Symbols are found by name and prefix at their addresses; v8dbg constants have their values."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.synthetic_elf import Image, process_core
from v8inspect.target import Target
from v8inspect.targets import open_dump

SLIDE = 0x555500000000


def opened(image: Image, folder: Path, slide: int = 0) -> Target:
    path = folder / "node"
    path.write_bytes(image.bytes())
    return open_dump(process_core(image, str(path), slide).write(folder / "core"))


@pytest.mark.parametrize("slide", [0, SLIDE])
def test_a_symbol_is_found_where_it_was_loaded(tmp_path: Path, slide: int) -> None:
    image = Image(base=0 if slide else 0x400000)
    base = image.base + slide
    target = opened(image, tmp_path, slide)
    assert target.symbol("v8dbg_one") == base + 0x4010
    assert target.symbol("v8dbg_two") == base + 0x4014
    assert target.symbol("v8dbg_zero") == base + 0x5000
    assert target.symbols("v8dbg_") == {
        "v8dbg_one": base + 0x4010,
        "v8dbg_two": base + 0x4014,
        "v8dbg_zero": base + 0x5000,
    }


def test_a_name_is_matched_whole(tmp_path: Path) -> None:
    target = opened(Image(ints={"v8dbg_one": 1, "v8dbg_one_more": 2, "x_v8dbg_one": 3}), tmp_path)
    assert target.symbol("v8dbg_one") == 0x404010
    assert target.symbol("v8dbg_on") is None
    assert target.symbol("one") is None
    assert target.symbol("") is None
    assert set(target.symbols("v8dbg_one")) == {"v8dbg_one", "v8dbg_one_more"}
    assert target.symbols("nothing") == {}


def test_what_is_not_exported_is_found_in_the_full_table(tmp_path: Path) -> None:
    target = opened(Image(), tmp_path)
    assert target.symbol("secret") == 0x404018
    assert target.symbols("sec") == {"secret": 0x404018}
    assert target.symbol_ints("sec") == {"secret": 77}


def test_constants_have_the_values_that_were_linked(tmp_path: Path) -> None:
    target = opened(Image(), tmp_path)
    assert target.symbol_ints("v8dbg_") == {"v8dbg_one": 1, "v8dbg_two": -2, "v8dbg_zero": 0}


def test_a_zero_constant_needs_no_memory_in_the_core(tmp_path: Path) -> None:
    image = Image()
    (tmp_path / "node").write_bytes(image.bytes())
    core = process_core(image, str(tmp_path / "node"))
    del core.loads[3]  # .bss
    target = open_dump(core.write(tmp_path / "core"))
    assert target.read_partial(0x405000, 4) == b""
    assert target.symbol_ints("v8dbg_zero") == {"v8dbg_zero": 0}


def test_many_names_are_as_good_as_few(tmp_path: Path) -> None:
    ints = {f"v8dbg_n{i}": i for i in range(50)}
    image = Image(ints=ints, zeros=(), hidden={})
    target = opened(image, tmp_path)
    assert target.symbol_ints("v8dbg_") == ints
    assert target.symbol("v8dbg_n37") == 0x404010 + 4 * 37


def test_names_may_share_their_ends(tmp_path: Path) -> None:
    """Linkers store `bar` inside `foo_bar`."""
    image = Image(ints={"foo_bar": 1, "bar": 2}, zeros=(), hidden={})
    data = image.bytes()
    at = data.index(b"\0foo_bar\0bar\0")
    entry = 0x1000 + 2 * 24  # the second symbol
    tail = (5).to_bytes(4, "little")  # offset of `bar` within `\0foo_bar`
    data = data[:entry] + tail + data[entry + 4 :]
    data = data[: at + 9] + b"xxx" + data[at + 12 :]
    (tmp_path / "node").write_bytes(data)
    core = process_core(image, str(tmp_path / "node"))
    target = open_dump(core.write(tmp_path / "core"))
    assert target.symbol("bar") == 0x404014
    assert target.symbols("bar") == {"bar": 0x404014}


def test_a_stripped_executable_has_no_symbols_and_does_no_harm(tmp_path: Path) -> None:
    data = bytearray(Image().bytes())
    data[40:48] = bytes(8)  # e_shoff
    data[60:62] = bytes(2)  # e_shnum
    (tmp_path / "node").write_bytes(data)
    target = open_dump(process_core(Image(), str(tmp_path / "node")).write(tmp_path / "core"))
    assert target.facts.warnings == ()
    assert target.symbol("v8dbg_one") is None
    assert target.symbol_ints("v8dbg_") == {}


@pytest.mark.parametrize("slide", [0, SLIDE])
def test_a_function_is_found_by_any_address_in_it(tmp_path: Path, slide: int) -> None:
    image = Image(
        base=0 if slide else 0x400000,
        functions={"first": (0x2000, 16), "second": (0x2010, 32), "inside": (0x2018, 4)},
    )
    target = opened(image, tmp_path, slide)
    text = image.base + slide + 0x2000
    assert target.symbol_at(text) == ("first", 0)
    assert target.symbol_at(text + 15) == ("first", 15)
    assert target.symbol_at(text + 16) == ("second", 0)
    assert target.symbol_at(text + 0x1A) == ("inside", 2)
    assert target.symbol_at(text + 0x1D) == ("second", 13)  # behind the one inside
    assert target.symbol_at(text + 48) is None
    assert target.symbol_at(text + 0x2010) is None  # data is no function
    assert target.symbol_at(0) is None


def test_a_function_is_found_where_its_page_is_mapped_again(tmp_path: Path) -> None:
    image = Image(functions={"builtin": (0x3008, 64)})
    path = tmp_path / "node"
    path.write_bytes(image.bytes())
    again = (0x7F0000000000, 0x7F0000001000, 0x3000, str(path))
    core = process_core(image, str(path), more=[again]).load(again[0], b"", 0x1000, 5)
    target = open_dump(core.write(tmp_path / "core"))
    assert target.symbol_at(0x7F0000000018) == ("builtin", 16)
