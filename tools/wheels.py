"""Builds a wheel for each platform on this one machine: zig compiles the scanner for all of them.

    python tools/wheels.py [-o FOLDER] [PLATFORM…]

PLATFORM is a tag or the start of one (`win`, `macosx_11_0_arm64`); all without one. The wheels are
made by setup.py, as every wheel of ours; only the compiler and the tag are others.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parents[1]

# Platform tag: zig's target. glibc 2.17 is that of RHEL 7, macOS 11 the first on arm64.
TARGETS: Dict[str, str] = {
    "manylinux_2_17_x86_64.manylinux2014_x86_64": "x86_64-linux-gnu.2.17",
    "manylinux_2_17_aarch64.manylinux2014_aarch64": "aarch64-linux-gnu.2.17",
    "musllinux_1_2_x86_64": "x86_64-linux-musl",
    "musllinux_1_2_aarch64": "aarch64-linux-musl",
    "macosx_11_0_x86_64": "x86_64-macos.11.0",
    "macosx_11_0_arm64": "aarch64-macos.11.0",
    "win_amd64": "x86_64-windows-gnu",
    "win_arm64": "aarch64-windows-gnu",
}


def build(platform: str, folder: Path) -> Path:
    """The wheel for `platform`, in `folder`. A build folder of its own: nothing of another
    platform gets in, and nothing in the tree changes."""
    environment = {
        **os.environ,
        "CC": shlex.join([sys.executable, "-m", "ziglang", "cc"]),
        "V8INSPECT_TARGET": TARGETS[platform],
        "V8INSPECT_PLATFORM": platform,
    }
    with tempfile.TemporaryDirectory(prefix="v8inspect-wheel-") as scratch:
        words = [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", scratch]
        words += ["build", "--build-base", scratch]
        words += ["bdist_wheel", "--bdist-dir", f"{scratch}/bdist", "--dist-dir", f"{scratch}/dist"]
        subprocess.run(words, check=True, cwd=ROOT, env=environment)
        (made,) = Path(scratch, "dist").glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        there = folder / made.name
        # Not a rename: the two may be on different file systems.
        there.write_bytes(made.read_bytes())
    return there


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="builds a wheel for each platform with zig")
    parser.add_argument("platform", nargs="*", help="tags, or how they start; all without one")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "dist", metavar="FOLDER")
    options = parser.parse_args()
    if importlib.util.find_spec("ziglang") is None:
        raise SystemExit("wheels: zig is missing: pip install ziglang")
    wanted: List[str] = [
        tag for tag in TARGETS if not options.platform or tag.startswith(tuple(options.platform))
    ]
    if not wanted:
        raise SystemExit(f"wheels: no such platform; there are {', '.join(TARGETS)}")
    for tag in wanted:
        print(build(tag, options.output), flush=True)


if __name__ == "__main__":
    main()
