"""GDB and the LLDBs that the tests run in.

Debian's python3-lldb-N packages conflict with each other, so all but the installed one are
unpacked side by side under the cache folder, with a start script each:

    python -m tests.frontends.debuggers 16 22      # fetches, prints the scripts
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List, Optional

CACHE = Path(os.environ.get("V8INSPECT_CACHE") or Path.home() / ".cache" / "v8inspect")
_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu")


def gdb() -> Optional[str]:
    """Path of gdb, or None."""
    return shutil.which("gdb")


def lldb(version: int) -> Optional[str]:
    """Path of an LLDB: the installed one, or one that `fetch_lldb` unpacked; None without."""
    installed = shutil.which(f"lldb-{version}")
    if installed is not None:
        return installed
    script = CACHE / "lldb" / f"lldb-{version}"
    return str(script) if script.exists() else None


def fetch_lldb(version: int) -> str:
    """Unpacks LLDB `version` with what it needs under the cache folder; returns its script."""
    found = lldb(version)
    if found is not None:
        return found
    folder = CACHE / "lldb"
    folder.mkdir(parents=True, exist_ok=True)
    packages = [f"lldb-{version}", f"python3-lldb-{version}", f"liblldb-{version}"]
    packages += [*_missing_libraries(packages), "python3-six"]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        subprocess.run(
            ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *packages],
            cwd=scratch,
            check=True,
        )
        root = Path(scratch) / "root"
        for package in sorted(Path(scratch).glob("*.deb")):
            subprocess.run(["dpkg", "-x", str(package), str(root)], check=True)
        final = folder / f"root-{version}"
        shutil.rmtree(final, ignore_errors=True)
        root.rename(final)
    libraries = [final / place for place in _LIBRARIES]
    libraries.append(final / f"usr/lib/llvm-{version}/lib")
    modules = [*final.glob(f"usr/lib/llvm-{version}/lib/python3*/*-packages")]
    modules.append(final / "usr/lib/python3/dist-packages")
    script = folder / f"lldb-{version}"
    script.write_text(
        "#!/bin/sh\n"
        f"export LD_LIBRARY_PATH='{':'.join(map(str, libraries))}'\n"
        f"export PYTHONPATH='{':'.join(map(str, modules))}'\n"
        f"exec '{final}/usr/lib/llvm-{version}/bin/lldb' \"$@\"\n"
    )
    script.chmod(0o755)
    return str(script)


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
        print(fetch_lldb(int(word)))
