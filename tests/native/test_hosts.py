"""The scanner of each wheel where it is to run: in wine, under qemu-user, with musl, and here.

What runs is the C of `fuzz.c` against the library in the wheel. It counts the same damaged heaps
everywhere, and has to find the same. There are no macOS and no Windows for arm64 to be had here:
those two libraries are only built.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import List, Optional

import pytest

from tests.dumps.support import opened
from tests.native.image import write_image
from tests.provision import arm64, windows
from tests.provision.cache import entry
from tests.provision.place import HOME
from tests.unit.test_wheels import TARGETS

pytestmark = [
    pytest.mark.dumps,
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("ziglang") is None, reason="no zig here (`make zig` gets it)"
    ),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the others are emulated on x64"),
]
ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS, SEED, ROUNDS = "600", "7", "40"
GNU, GNU_ARM, MUSL, MUSL_ARM, WINDOWS = (
    "manylinux_2_17_x86_64",
    "manylinux_2_17_aarch64",
    "musllinux_1_2_x86_64",
    "musllinux_1_2_aarch64",
    "win_amd64",
)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    _, session = opened("24.21.0", "empty")
    path = tmp_path_factory.mktemp("native") / "heap.image"
    write_image(session, path)
    return path


@pytest.fixture(scope="module")
def expected(image: Path) -> str:
    """What a library says that this machine's own compiler makes."""
    program = image.with_name("fuzz-here")
    sources = [*sorted((ROOT / "csrc").glob("*.c")), ROOT / "tests/native/fuzz.c"]
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=c11", "-O1", *map(str, sources), "-o", str(program)],
        check=True,
    )
    return _said([str(program)], image)


def _said(command: List[str], image: Path) -> str:
    words = [*command, str(image), SECONDS, SEED, ROUNDS]
    done = subprocess.run(words, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def _program(tag: str, folder: Path) -> Path:
    """fuzz.c for a platform, with the library of its wheel beside it."""
    wheels = [sys.executable, str(ROOT / "tools" / "wheels.py"), "-o", str(folder), tag]
    subprocess.run(wheels, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        (name,) = [name for name in packed.namelist() if "/_v8scan." in name]
        library = folder / Path(name).name
        library.write_bytes(packed.read(name))
    (target,) = [target for full, target in TARGETS.items() if full.startswith(tag)]
    program = folder / ("fuzz.exe" if tag == WINDOWS else "fuzz")
    command = [sys.executable, "-m", "ziglang", "cc", "-target", target, "-std=c11", "-O1"]
    command += [] if "musl" not in target else ["-dynamic"]
    command += [] if tag == WINDOWS else ["-Wl,-rpath,$ORIGIN"]
    command += ["-o", str(program), str(ROOT / "tests/native/fuzz.c"), str(library)]
    subprocess.run(command, check=True)
    return program


def _musl(cpu: str) -> Path:
    """musl's loader, which is its C library, out of Debian's package."""

    def download(folder: Path) -> None:
        arm64.download_packages(cpu, ["musl"], folder)

    (loader,) = entry(f"musl-{cpu}", download).glob("root/lib/ld-musl-*")
    return loader


def _needs(reason: Optional[str]) -> None:
    if reason is not None:
        pytest.skip(reason)


def test_glibc_x64(image: Path, expected: str, tmp_path: Path) -> None:
    assert _said([str(_program(GNU, tmp_path))], image) == expected


def test_glibc_arm64(image: Path, expected: str, tmp_path: Path) -> None:
    _needs(arm64.missing())
    emulator = [arm64.qemu(), "-L", str(arm64.sysroot())]
    assert _said([*emulator, str(_program(GNU_ARM, tmp_path))], image) == expected


def test_musl_x64(image: Path, expected: str, tmp_path: Path) -> None:
    _needs(arm64.no_packages())
    assert _said([str(_musl("amd64")), str(_program(MUSL, tmp_path))], image) == expected


def test_musl_arm64(image: Path, expected: str, tmp_path: Path) -> None:
    _needs(arm64.missing())
    emulator = [arm64.qemu(), str(_musl("arm64"))]
    assert _said([*emulator, str(_program(MUSL_ARM, tmp_path))], image) == expected


def test_windows_x64(image: Path, expected: str, tmp_path: Path) -> None:
    _needs(windows.missing())
    where = windows.wine(tmp_path)
    program = _program(WINDOWS, tmp_path)
    shutil.copy(image, tmp_path / image.name)
    words = [windows.windows_path(HOME / name) for name in (program.name, image.name)]
    assert windows.run(where, [*words, SECONDS, SEED, ROUNDS], 1200) == 0
    assert (where.results / "stdout.txt").read_text().strip() == expected
