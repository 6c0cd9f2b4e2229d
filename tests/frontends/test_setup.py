"""`v8inspect setup` as a user meets it: after it, the debugger knows `v8` by itself."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.frontends.run import ROOT, environment, process
from tests.provision.cores import Run

pytestmark = pytest.mark.debugger


@pytest.fixture(params=["gdb", "lldb"])
def name(request: Any) -> str:
    """The debugger that is set up."""
    request.getfixturevalue(request.param)
    return str(request.param)


@pytest.fixture
def program(name: str, request: Any) -> str:
    """Its path."""
    return str(request.getfixturevalue(name))


def _setup(home: Path, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    env = {**environment(home), "PYTHONPATH": str(ROOT), **more}
    return process([sys.executable, "-m", "v8inspect", "setup", *words], env=env)


def _startup(home: Path, name: str) -> Path:
    return home / f".{name}init"


def _census(home: Path, name: str, program: str, run: Run) -> str:
    """What a debugger of that home answers, from another folder, with nothing said to it."""
    if name == "gdb":
        words = [program, "-batch", str(run.node), str(run.core), "-ex", "v8 findjsobjects -n 2"]
    else:
        load = f"target create {run.node} --core {run.core}"
        words = [program, "-b", "-o", load, "-o", "v8 findjsobjects -n 2"]
    return process(words, env=environment(home), cwd=home).stdout


def test_after_setup_the_debugger_knows_the_commands(
    name: str, program: str, run: Run, tmp_path: Path
) -> None:
    done = _setup(tmp_path, name, "--yes", "--debugger", program)
    assert (done.returncode, done.stderr) == (0, "")
    assert "loads, scanner through" in done.stdout
    assert " Instances  Total Size Name\n" in _census(tmp_path, name, program, run)


def test_it_needs_no_site_packages_and_shows_none(
    name: str, program: str, run: Run, tmp_path: Path
) -> None:
    _setup(tmp_path, name, "--yes", "--debugger", program)
    folder = tmp_path / ".local" / "share" / "v8inspect" / name
    assert {p.name for p in folder.iterdir()} == {"v8inspect", f"{name}_plugin", "setup.json"}
    line = _startup(tmp_path, name).read_text()
    assert str(folder) in line
    assert str(ROOT) not in line
    show = "import sys, v8inspect; print('seen', v8inspect.__file__, sys.path[0], sys.path[1:])"
    if name == "gdb":
        words = [program, "-batch", "-ex", f"python {show}"]
    else:
        words = [program, "-b", "-o", f"script {show}"]
    said = process(words, env=environment(tmp_path), cwd=tmp_path).stdout
    seen = next(line for line in said.splitlines() if line.startswith("seen "))
    assert seen.startswith(f"seen {folder}/v8inspect/__init__.py {folder} ")
    assert str(ROOT) not in seen


def test_it_can_be_repeated(name: str, program: str, tmp_path: Path) -> None:
    for _ in range(2):
        done = _setup(tmp_path, name, "--yes", "--debugger", program)
        assert done.returncode == 0
    assert "has the line already" in done.stdout
    assert len(_startup(tmp_path, name).read_text().splitlines()) == 1


def test_print_changes_nothing(name: str, program: str, tmp_path: Path) -> None:
    done = _setup(tmp_path, name, "--print", "--debugger", program)
    assert done.returncode == 0
    assert f"would be added to {_startup(tmp_path, name)}: " in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_remove_undoes_it_to_the_byte(name: str, program: str, tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    real = dotfiles / "init"
    real.write_bytes(b"# mine\xff\n\n# no newline at the end")
    real.chmod(0o600)
    _startup(tmp_path, name).symlink_to(real)
    before = (real.read_bytes(), stat.S_IMODE(real.stat().st_mode))
    assert _setup(tmp_path, name, "--yes", "--debugger", program).returncode == 0
    assert real.read_bytes() != before[0]
    assert _setup(tmp_path, name, "--remove").returncode == 0
    assert (real.read_bytes(), stat.S_IMODE(real.stat().st_mode)) == before
    assert _startup(tmp_path, name).is_symlink()
    assert not (tmp_path / ".local" / "share" / "v8inspect").exists()
    assert _setup(tmp_path, name, "--remove").returncode == 0


def test_a_file_that_setup_made_is_gone_afterwards(name: str, program: str, tmp_path: Path) -> None:
    _setup(tmp_path, name, "--yes", "--debugger", program)
    assert _startup(tmp_path, name).exists()
    _setup(tmp_path, name, "--remove")
    assert not _startup(tmp_path, name).exists()


def test_both_debuggers_can_be_set_up(gdb: str, lldb: str, tmp_path: Path, run: Run) -> None:
    _setup(tmp_path, "gdb", "--yes", "--debugger", gdb)
    _setup(tmp_path, "lldb", "--yes", "--debugger", lldb)
    _setup(tmp_path, "gdb", "--remove")
    assert " Instances  Total Size Name\n" in _census(tmp_path, "lldb", lldb, run)


def test_nobody_to_ask_means_no_change(name: str, program: str, tmp_path: Path) -> None:
    done = _setup(tmp_path, name, "--debugger", program)
    assert done.returncode == 1
    assert done.stderr == "error: this changes a file and nobody can be asked; say --yes\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("answer", "changed"), [("n", False), ("", False), ("y", True)])
def test_the_user_is_asked(gdb: str, tmp_path: Path, answer: str, changed: bool) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "v8inspect", "setup", "gdb"],
        env={**environment(tmp_path), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        timeout=60,
        encoding="utf-8",
    )
    child.expect_exact("[y/N] ")
    assert f"Add this line to {tmp_path}/.gdbinit?" in child.before
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == (0 if changed else 1)
    assert (tmp_path / ".gdbinit").exists() is changed


def test_a_debugger_without_python_is_refused(tmp_path: Path) -> None:
    done = _setup(tmp_path, "gdb", "--yes", "--debugger", "/bin/true")
    assert done.returncode == 1
    assert done.stderr.startswith("error: /bin/true has no working Python")
    assert list(tmp_path.iterdir()) == []


def test_a_plugin_that_does_not_load_changes_nothing(tmp_path: Path) -> None:
    fake = tmp_path / "fake-gdb"
    fake.write_text(
        '#!/bin/sh\ncase "$*" in *source*) echo boom;; *) echo v8inspect-python 3.11;; esac\n'
    )
    fake.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    done = _setup(home, "gdb", "--yes", "--debugger", str(fake))
    assert done.returncode == 1
    assert "the plugin does not load" in done.stderr
    assert not (home / ".gdbinit").exists()
    assert not (home / ".local" / "share" / "v8inspect" / "gdb").exists()


def test_a_folder_with_blanks_works(name: str, program: str, run: Run, tmp_path: Path) -> None:
    home = tmp_path / "my home"
    home.mkdir()
    assert _setup(home, name, "--yes", "--debugger", program).returncode == 0
    assert " Instances  Total Size Name\n" in _census(home, name, program, run)
