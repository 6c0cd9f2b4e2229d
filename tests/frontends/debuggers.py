"""GDB and the LLDBs that the tests run in.

Debian's python3-lldb-N packages conflict with each other, so all but the installed one are
unpacked side by side in the tests' cache, with a start script each:

    python -m tests.frontends.debuggers 16 22      # fetches, prints the scripts
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, Optional

from tests.provision.cache import entry

_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu")


def gdb() -> Optional[str]:
    """Path of gdb, or None."""
    return shutil.which("gdb")


def gdb_multiarch() -> Optional[str]:
    """Path of the GDB for all machines, installed or unpacked in the cache; None where apt does not
    offer it. What it needs beside gdb's own files are gdb's."""
    installed = shutil.which("gdb-multiarch")
    if installed is not None or gdb() is None:
        return installed
    try:
        folder = entry("gdb-multiarch", lambda fresh: _download(["gdb-multiarch"], fresh))
    except (OSError, subprocess.CalledProcessError):
        return None
    return str(folder / "root" / "usr" / "bin" / "gdb-multiarch")


def lldb(version: int) -> Optional[str]:
    """Path of that LLDB, installed or unpacked in the cache; None where apt does not offer it."""
    installed = shutil.which(f"lldb-{version}")
    if installed is not None:
        return installed
    try:
        folder = entry(f"lldb-{version}", lambda fresh: _unpack(version, fresh))
    except (OSError, subprocess.CalledProcessError):
        return None
    return str(_start_script(version, folder))


def dap(version: int) -> Optional[str]:
    """Path of that LLDB's debug adapter, which was called lldb-vscode before 18."""
    name = "lldb-dap" if version >= 18 else "lldb-vscode"
    installed = shutil.which(f"{name}-{version}")
    if installed is not None or lldb(version) is None:
        return installed
    return str(_start_script(version, entry(f"lldb-{version}", lambda fresh: None), name))


def _unpack(version: int, folder: Path) -> None:
    packages = [f"lldb-{version}", f"python3-lldb-{version}", f"liblldb-{version}"]
    _download([*packages, *_missing_libraries(packages), "python3-six"], folder)


def _download(packages: List[str], folder: Path) -> None:
    """Unpacks packages into `folder`/root."""
    subprocess.run(
        ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *packages],
        cwd=folder,
        check=True,
        stderr=subprocess.PIPE,
    )
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(package), str(folder / "root")], check=True)
        package.unlink()


def _start_script(version: int, folder: Path, program: str = "lldb") -> Path:
    root = folder / "root"
    libraries = [root / place for place in _LIBRARIES]
    libraries.append(root / f"usr/lib/llvm-{version}/lib")
    modules = [*root.glob(f"usr/lib/llvm-{version}/lib/python3*/*-packages")]
    modules.append(root / "usr/lib/python3/dist-packages")
    script = folder / f"{program}-{version}"
    text = (
        "#!/bin/sh\n"
        f"export LD_LIBRARY_PATH='{':'.join(map(str, libraries))}'\n"
        f"export PYTHONPATH='{':'.join(map(str, modules))}'\n"
        f"exec '{root}/usr/lib/llvm-{version}/bin/{program}' \"$@\"\n"
    )
    if not script.exists() or script.read_text() != text:
        script.write_text(text)
        script.chmod(0o755)
    return script


def _missing_libraries(packages: List[str]) -> List[str]:
    """Libraries that those packages need and that are not installed."""
    found: List[str] = []
    queue = list(packages)
    while queue:
        listing = subprocess.run(
            ["apt-cache", "depends", "--important", "--no-recommends", queue.pop()],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for line in listing.splitlines():
            kind, _, name = line.strip().partition(": ")
            if kind not in ("Depends", "PreDepends") or not name.startswith("lib"):
                continue
            if name in found or name in packages or _is_installed(name):
                continue
            found.append(name)
            queue.append(name)
    return found


def _is_installed(package: str) -> bool:
    status = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Status}", package], capture_output=True, text=True
    )
    return status.stdout.endswith("ok installed")


if __name__ == "__main__":
    for word in sys.argv[1:]:
        print(lldb(int(word)))
