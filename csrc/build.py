"""Compiles the scanner: the one way it is built, for wheels, editable installs and `make build`.

    python csrc/build.py [FOLDER] [--sanitize]

The result is a plain shared library (no Python.h), `_v8scan.so` (.dylib, .dll), with the generated
prototypes beside it. $CC and $CFLAGS are honoured. Nothing is compiled when nothing has changed.

For another platform (tools/wheels.py does that) $V8INSPECT_TARGET is its triple in the words of
zig and clang, as in `aarch64-windows-gnu`, and $CC a compiler that takes `-target`.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
IN_PLACE = HERE.parent / "v8inspect" / "scan"
_SUFFIXES = {"win32": ".dll", "windows": ".dll", "darwin": ".dylib", "macos": ".dylib"}

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wno-sign-conversion")
_GNU = ("-std=c11", "-O3", "-fvisibility=hidden", "-fno-strict-aliasing", "-shared")
# Symbols for whoever builds it; a wheel for others goes without, and clang checks no overflow in it
# (zig would).
_HERE = ("-g",)
_ELSEWHERE = ("-g0", "-s", "-fno-sanitize=all")
_SANITIZE = ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
_MSVC = ("/nologo", "/std:c11", "/O2", "/LD")


def sources() -> list[Path]:
    """Every C file of the scanner, in a stable order."""
    return sorted(HERE.glob("*.c"))


def target() -> str:
    """$V8INSPECT_TARGET, empty for the platform that this runs on."""
    return os.environ.get("V8INSPECT_TARGET", "")


def library_name() -> str:
    """What the binding looks for on the target's platform."""
    system = target().split("-")[1].partition(".")[0] if target() else sys.platform
    return "_v8scan" + _SUFFIXES.get(system, ".so")


def compiler() -> list[str]:
    """$CC, else the first compiler in PATH; exits with advice when there is none."""
    if os.environ.get("CC"):
        return shlex.split(os.environ["CC"])
    for name in ("cc", "gcc", "clang", "cl"):
        if shutil.which(name):
            return [name]
    raise SystemExit(
        "v8inspect: no C compiler found; install one (Debian: apt install gcc) or set CC"
    )


def _command(output: Path, sanitize: bool) -> list[str]:
    command = compiler()
    files = [str(path) for path in sources()]
    if Path(command[0]).stem.lower() == "cl":
        return [*command, *_MSVC, *files, f"/Fe:{output}"]
    flags = [*_GNU, *(("-target", target(), *_ELSEWHERE) if target() else _HERE)]
    if not library_name().endswith(".dll"):  # there all code is, and clang refuses the flag
        flags.append("-fPIC")
    flags += [*(_SANITIZE if sanitize else ()), *WARNINGS]
    return [*command, *flags, *shlex.split(os.environ.get("CFLAGS", "")), "-o", str(output), *files]


def _stamp(command: list[str]) -> str:
    digest = hashlib.sha256("\0".join(command).encode())
    for path in [*sources(), *sorted(HERE.glob("*.h")), *sorted(HERE.glob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def build_scanner(folder: Path = IN_PLACE, sanitize: bool = False, force: bool = False) -> Path:
    """Builds the library and its prototypes into `folder`; returns the library's path."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / library_name()
    stamp_file = folder / "_v8scan.stamp"
    stamp = _stamp(_command(library, sanitize))
    if not force and library.exists() and (folder / "_prototypes.py").exists():
        if stamp_file.exists() and stamp_file.read_text() == stamp:
            return library
    sys.path.insert(0, str(HERE))
    try:
        from prototypes import generate
    finally:
        sys.path.remove(str(HERE))
    generate(HERE / "v8scan.h", folder)
    # Into a temporary name first: the library may be mapped by a process that runs right now.
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        built = Path(scratch) / library.name
        subprocess.run(_command(built, sanitize), check=True, cwd=scratch)
        os.replace(built, library)
    if folder == IN_PLACE:
        stamp_file.write_text(stamp)
    return library


def main() -> None:
    """Command line of the build."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    folder = Path(words[0]) if words else IN_PLACE
    print(build_scanner(folder, "--sanitize" in sys.argv, "--force" in sys.argv))


if __name__ == "__main__":
    main()
