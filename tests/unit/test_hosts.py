"""Every module can be imported, and a command run, where Python lacks what only POSIX has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What Windows' Python does not have. The standard library decides at import what it uses, so what
# we need of it comes first.
_WITHOUT = """
import argparse, bz2, ctypes, gzip, json, lzma, mmap, os, pkgutil, random, shlex, shutil, socket
import subprocess, sys, tempfile
for name in ("fcntl", "resource", "termios", "tty", "pty", "pwd", "grp", "readline", "syslog"):
    sys.modules[name] = None
for name in (
    "geteuid getuid getgid getegid fork forkpty pread preadv pwrite SEEK_DATA SEEK_HOLE O_NOFOLLOW "
    "O_NONBLOCK O_NOCTTY O_CLOEXEC O_DIRECTORY chown fchown fchmod mkfifo uname statvfs "
    "sched_getaffinity getpgid killpg setsid waitid posix_fallocate posix_fadvise sysconf ttyname"
).split():
    if hasattr(os, name):
        delattr(os, name)
for name in ("PROT_READ", "MAP_PRIVATE", "MAP_SHARED", "MADV_SEQUENTIAL", "MADV_DONTNEED"):
    if hasattr(mmap, name):
        delattr(mmap, name)
"""
_IMPORT_ALL = """
import v8inspect
for module in pkgutil.walk_packages(v8inspect.__path__, "v8inspect."):
    if not module.name.endswith(("__main__", "_v8scan", "_v8scan_cffi")):
        __import__(module.name)
print("imported")
"""
_MAP = """
from v8inspect.targets.files import MappedFile
file = MappedFile.open(sys.argv[1])
file.check_unchanged()
print(bytes(file.buffer[:2]), file.holes())
file.close()
"""


def _run(code: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT + code, *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_all_modules_can_be_imported() -> None:
    assert _run(_IMPORT_ALL) == "imported\n"


def test_a_file_is_mapped_without_holes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"ab" * 100)
    assert _run(_MAP, str(path)) == "b'ab' []\n"
