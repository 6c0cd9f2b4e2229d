"""The package as it is installed: one wheel for every Python, with and without cffi.

It is built from what git tracks, in a folder of its own: a file that is only in this working tree
would be missed by others.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Dict, List, Optional

import pytest

from v8inspect import __version__

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("v8inspect", "gdb_plugin", "lldb_plugin")
GENERATED = {"_prototypes.py", "_v8scan_cffi.py", "_v8scan.so", "_v8scan.dylib", "_v8scan.dll"}
_BUILD = "from setuptools import build_meta as b; print(b.{}({!r}))"
pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 10), reason="the run on a newer Python installs into this one"
)
_BINDING = "from v8inspect.scan.binding import load; print(load().binding)"


def _run(*words: object, **more: str) -> str:
    """Runs a program that must succeed, away from this tree; returns its stdout."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "V8INSPECT_BINDING")}
    folder = more.pop("cwd", "/")
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**kept, **more},
        timeout=300,
    )
    assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout


def _tracked(*folders: str) -> List[str]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no git checkout")
    return _run("git", "-C", ROOT, "ls-files", *folders).splitlines()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git tracks, as it is in this working tree."""
    folder = tmp_path_factory.mktemp("source")
    for name in _tracked():
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    pytest.importorskip("setuptools", "70.1")
    folder = source.with_name("wheel")
    _run(sys.executable, "-c", _BUILD.format("build_wheel", str(folder)), cwd=str(source))
    (found,) = folder.glob("*.whl")
    return found


def _venv(python: Path, folder: Path, wheel: Path) -> Path:
    """A fresh environment of `python` with nothing but the wheel; its interpreter."""
    _run(python, "-m", "venv", "--without-pip", folder)
    inside = folder / "bin" / "python"
    _run(sys.executable, "-m", "pip", "-q", "--python", inside, "install", "--no-deps", wheel)
    return inside


def _pythons() -> Dict[str, Path]:
    """Interpreters of other minor versions that can be had here: the oldest and the newest."""
    places = [
        *Path.home().glob(".pyenv/versions/3.*/bin/python3"),
        *Path("/usr/bin").glob("python3.*"),
    ]
    found: Dict[tuple[int, ...], Path] = {}
    for place in places:
        match = re.search(r"3\.(\d+)", str(place))
        if (
            match
            and int(match[1]) >= 9
            and os.access(place, os.X_OK)
            and "config" not in place.name
        ):
            found[3, int(match[1])] = place
    found.pop(sys.version_info[:2], None)
    chosen = sorted(found)[:1] + sorted(found)[1:][-1:]
    return {".".join(map(str, version)): found[version] for version in chosen}


PYTHONS = {"own": Path(sys.executable), **_pythons()}


def _cffi_of(python: Path) -> Optional[Path]:
    """A folder with cffi for that interpreter, from an environment of this tree; None: none."""
    tag = _run(python, "-c", "import sysconfig; print(sysconfig.get_config_var('SOABI'))").strip()
    for place in [*ROOT.glob(".venv*/lib/python*/site-packages"), *map(Path, sys.path)]:
        if (place / f"_cffi_backend.{tag}.so").exists():
            return place
    return None


def _only_cffi(place: Path, folder: Path) -> Path:
    folder.mkdir()
    for item in [*place.glob("_cffi_backend*"), *place.glob("cffi")]:
        (folder / item.name).symlink_to(item)
    return folder


def test_git_ignores_nothing_that_belongs_to_the_packages() -> None:
    _tracked()
    listing = ("ls-files", "--others", "--ignored", "--exclude-standard", *PACKAGES, "csrc")
    ignored = [Path(name) for name in _run("git", "-C", ROOT, *listing).splitlines()]
    ours = [path for path in ignored if "__pycache__" not in path.parts]
    odd = [p for p in ours if p.name not in GENERATED and p.suffix not in (".stamp", ".pyc")]
    assert odd == []


def test_the_wheel_is_of_one_platform_and_of_no_python(wheel: Path) -> None:
    name = rf"v8inspect-{re.escape(__version__)}-py3-none-(linux|manylinux|musllinux|macosx|win)\w+"
    assert re.fullmatch(name, wheel.stem)
    with zipfile.ZipFile(wheel) as packed:
        tags = packed.read(f"v8inspect-{__version__}.dist-info/WHEEL").decode()
    assert "Root-Is-Purelib: false" in tags


def test_the_wheel_holds_the_packages_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    here = {name for name in _tracked(*PACKAGES) if (ROOT / name).is_file()}
    assert here - names == set()
    extra = {Path(name).name for name in names - here}
    assert extra <= GENERATED
    assert "_prototypes.py" in extra
    assert any(name.startswith("_v8scan.") for name in extra)


def test_a_wheel_from_the_source_distribution_is_the_same(
    source: Path, wheel: Path, tmp_path: Path
) -> None:
    _run(sys.executable, "-c", _BUILD.format("build_sdist", str(tmp_path)), cwd=str(source))
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path)  # our own
    unpacked = tmp_path / f"v8inspect-{__version__}"
    again = tmp_path / "wheel"
    _run(sys.executable, "-c", _BUILD.format("build_wheel", str(again)), cwd=str(unpacked))
    (other,) = again.glob("*.whl")
    assert other.name == wheel.name
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(other) as two:
        assert sorted(one.namelist()) == sorted(two.namelist())


@pytest.mark.parametrize("which", PYTHONS)
def test_it_runs_in_a_fresh_environment(which: str, wheel: Path, tmp_path: Path) -> None:
    python = _venv(PYTHONS[which], tmp_path / "venv", wheel)
    program = python.with_name("v8inspect")
    assert _run(program, "--version") == f"v8inspect {__version__}\n"
    assert _run(python, "-m", "v8inspect", "--version") == f"v8inspect {__version__}\n"
    assert "findjsobjects" in _run(program, "help")
    assert _run(python, "-c", _BINDING) == "ctypes\n"
    cffi = _cffi_of(PYTHONS[which])
    if cffi is not None:
        with_it = str(_only_cffi(cffi, tmp_path / "cffi"))
        assert _run(python, "-c", _BINDING, PYTHONPATH=with_it) == "cffi\n"
        forced = {"PYTHONPATH": with_it, "V8INSPECT_BINDING": "ctypes"}
        assert _run(python, "-c", _BINDING, **forced) == "ctypes\n"


@pytest.mark.dumps
@pytest.mark.parametrize("which", PYTHONS)
def test_the_census_is_the_same_with_both_bindings(which: str, wheel: Path, tmp_path: Path) -> None:
    from tests.provision.cores import core

    python = _venv(PYTHONS[which], tmp_path / "venv", wheel)
    run = core("26.10.0", "classes")
    command = (python.with_name("v8inspect"), "-c", run.core, "--json", "findjsobjects")
    without = _run(*command)
    rows = [json.loads(line) for line in without.splitlines()]
    counts = {row["name"]: row["count"] for row in rows if "name" in row}
    assert {name: counts[name] for name in run.truth["counts"]} == run.truth["counts"]
    cffi = _cffi_of(PYTHONS[which])
    if cffi is not None:
        folder = _only_cffi(cffi, tmp_path / "cffi")
        assert _run(*command, PYTHONPATH=str(folder)) == without
