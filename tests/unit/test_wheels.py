"""Wheels for other platforms: what they are called, what is in them; building them is slow."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
_MAGIC = {"so": b"\x7fELF", "dylib": b"\xcf\xfa\xed\xfe", "dll": b"MZ"}


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"_{path.stem}_of_wheels", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TARGETS = _module(ROOT / "tools" / "wheels.py").TARGETS
BUILD = _module(ROOT / "csrc" / "build.py")


def _ending(platform: str) -> str:
    return "dll" if "win_" in platform else "dylib" if "macosx" in platform else "so"


@pytest.mark.parametrize("platform", TARGETS)
def test_the_library_has_the_name_that_the_binding_looks_for(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("V8INSPECT_TARGET", TARGETS[platform])
    assert BUILD.library_name() == f"_v8scan.{_ending(platform)}"


def test_every_system_is_there_on_both_processors() -> None:
    found = {tuple(target.split("-")[:2]) for target in TARGETS.values()}
    plain = {(cpu, system.partition(".")[0]) for cpu, system in found}
    assert plain == {
        (cpu, system) for cpu in ("x86_64", "aarch64") for system in ("linux", "macos", "windows")
    }


@pytest.mark.slow
@pytest.mark.parametrize("platform", TARGETS)
def test_a_wheel_holds_the_library_of_its_platform_and_no_other(
    platform: str, tmp_path: Path
) -> None:
    pytest.importorskip("ziglang", reason="`make wheels` installs it")
    words = [sys.executable, str(ROOT / "tools" / "wheels.py"), "-o", str(tmp_path), platform]
    subprocess.run(words, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert re.fullmatch(rf"v8inspect-[\w.]+-py3-none-{re.escape(platform)}\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as packed:
        libraries = [name for name in packed.namelist() if "/_v8scan." in name]
        assert libraries == [f"v8inspect/scan/_v8scan.{_ending(platform)}"]
        assert packed.read(libraries[0]).startswith(_MAGIC[_ending(platform)])
