"""Build hooks: compile the scanner, and tag the wheel for the platform but for no Python.

The compiled part is a plain shared library without Python.h, so one wheel a platform serves every
Python. All the rest of the project's metadata is in pyproject.toml.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "csrc"))

from build import build_scanner  # noqa: E402


class BuildWithScanner(build_py):
    """Puts the library beside the binding: in the build folder, or in the tree if editable."""

    def run(self) -> None:
        in_place = ROOT / "v8inspect" / "scan"
        if self.editable_mode:
            build_scanner(in_place)
            super().run()
            return
        super().run()
        build_scanner(Path(self.build_lib) / "v8inspect" / "scan")


class PlatformWheel(bdist_wheel):
    """py3-none-<platform>; $V8INSPECT_PLATFORM names another one that the build is for."""

    def get_tag(self) -> tuple[str, str, str]:
        return "py3", "none", os.environ.get("V8INSPECT_PLATFORM") or super().get_tag()[2]


class PlatformDistribution(Distribution):
    """Not pure, though no extension module of Python's kind is in it."""

    def has_ext_modules(self) -> bool:
        return True


setup(
    cmdclass={"build_py": BuildWithScanner, "bdist_wheel": PlatformWheel},
    distclass=PlatformDistribution,
)
