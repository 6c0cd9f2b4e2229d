"""`setup` as far as it needs no debugger: the start-up file, and what is refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from v8inspect.errors import SetupFailed
from v8inspect.install import startup_file
from v8inspect.install.debuggers import DEBUGGERS, GDB, LLDB, find_program

LINE = GDB.line(Path("/home/u/.local/share/v8inspect/gdb")).encode()


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"set pagination off\n",
        b"set pagination off",
        b"\n\n",
        b"caf\xe9 \xff\x00\r\nx",
        b"source /home/u/v8inspect/gdb_plugin/load.py\n",
    ],
)
def test_removal_restores_every_byte(before: bytes) -> None:
    with_line = startup_file.with_line(before, LINE, GDB.ours)
    assert with_line.count(LINE) == 1
    assert before in with_line
    assert startup_file.with_line(with_line, LINE, GDB.ours) == with_line
    assert startup_file.without_line(with_line, GDB.ours) == before


def test_a_line_of_an_earlier_folder_is_replaced_where_it_stands() -> None:
    old = GDB.line(Path("/old/place/v8inspect/gdb")).encode()
    before = b"a\n" + old + b"\nb\n" + old + b"\n"
    assert startup_file.with_line(before, LINE, GDB.ours) == b"a\n" + LINE + b"\nb\n"


@pytest.mark.parametrize("debugger", DEBUGGERS.values(), ids=DEBUGGERS)
def test_only_our_own_line_is_ours(debugger: Any) -> None:
    ours = debugger.ours
    assert ours.fullmatch(debugger.line(Path("/x y/v8inspect") / debugger.name).encode())
    assert not ours.fullmatch(debugger.line(Path("/x/my-v8inspect")).encode())
    assert not ours.fullmatch(b"# " + debugger.line(Path("/v8inspect") / debugger.name).encode())


def test_writing_keeps_mode_and_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "gdbinit"
    real.parent.mkdir()
    real.write_bytes(b"old")
    real.chmod(0o640)
    link = tmp_path / ".gdbinit"
    link.symlink_to(real)
    startup_file.write(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert os.listdir(real.parent) == ["gdbinit"]


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        startup_file.write(tmp_path / "a" / "file", b"x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a" / "file").stat().st_mode) == 0o640


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupFailed, match="cannot change"):
        startup_file.write(tmp_path / "file" / ".gdbinit", b"x")


def test_gdb_reads_the_first_start_up_file_that_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert GDB.startup_file() == tmp_path / ".gdbinit"
    other = tmp_path / ".config" / "gdb" / "gdbinit"
    other.parent.mkdir(parents=True)
    other.write_text("")
    assert GDB.startup_file() == other
    assert LLDB.startup_file() == tmp_path / ".lldbinit"


def _program(folder: Path, text: str) -> str:
    path = folder / "gdb"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("echo v8inspect-python 3.8", "embeds Python 3.8"),
        ("echo v8inspect-python 2.7", "embeds Python 2.7"),
        (
            "echo Scripting in the '\"Python\"' language is not supported in this copy of GDB.",
            "has no working Python",
        ),
        ("exit 1", r"has no working Python \(it says: nothing\)"),
    ],
)
def test_a_debugger_that_cannot_serve_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SetupFailed) as caught:
        GDB.check_python(_program(tmp_path, text))
    assert __import__("re").search(problem, caught.value.what)
    assert "--debugger" in caught.value.advice


@pytest.mark.parametrize("version", ["3.9", "3.14", "4.0"])
def test_newer_pythons_do(tmp_path: Path, version: str) -> None:
    assert GDB.check_python(_program(tmp_path, f"echo v8inspect-python {version}")) == version


def test_programs_are_found_by_version_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program(LLDB, None) is None
    for name in ("lldb-16", "lldb-22"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert find_program(LLDB, None) == str(tmp_path / "lldb-22")
    assert find_program(LLDB, "lldb-16") == str(tmp_path / "lldb-16")
    with pytest.raises(SetupFailed):
        find_program(LLDB, str(tmp_path / "nothing"))
