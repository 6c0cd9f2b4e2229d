"""What /proc says of a process: its mappings, threads, command, auxv, and who may look into it."""

from __future__ import annotations

import os
from struct import Struct
from typing import NamedTuple, Optional

from v8inspect.errors import ProcessNotFound, ProcessRefused
from v8inspect.targets.elf.structs import PF_R, PF_W, PF_X

_PAIR = Struct("<QQ")
_YAMA = "/proc/sys/kernel/yama/ptrace_scope"
_FLAGS = {"r": PF_R, "w": PF_W, "x": PF_X}


class Mapped(NamedTuple):
    """One line of /proc/PID/maps; `flags` are PF_R, PF_W, PF_X; `path` '' where it has no name."""

    start: int
    end: int
    flags: int
    shared: bool
    offset: int
    path: str

    @property
    def of_file(self) -> bool:
        """Whether its bytes come from a file in some file system."""
        return self.path.startswith("/") and not self.is_device and not self.is_nameless

    @property
    def is_device(self) -> bool:
        """Memory that is not to be read: of a device, or of the kernel's."""
        if self.path.startswith("/dev/"):
            return not self.path.startswith(("/dev/zero", "/dev/shm/"))
        return self.path.startswith(("anon_inode:", "[vvar", "[vsyscall", "[uprobes"))

    @property
    def is_nameless(self) -> bool:
        """Shared memory that no file system has."""
        return self.path.startswith(("/dev/zero", "/memfd:", "/SYSV"))


def maps(pid: int) -> bytes:
    """/proc/PID/maps. Raises ProcessNotFound, ProcessRefused."""
    text = _read(pid, "maps")
    if not text:
        # One that has ended and waits for its parent, or a thread of the kernel's.
        raise ProcessRefused(pid, "it has no memory")
    return text


def mappings(text: bytes) -> list[Mapped]:
    """What /proc/PID/maps lists, by address."""
    found = []
    for line in text.splitlines():
        words = line.split(None, 5)
        start, _, end = words[0].partition(b"-")
        protection = words[1].decode("ascii")
        flags = sum(_FLAGS.get(letter, 0) for letter in protection[:3])
        path = os.fsdecode(words[5]) if len(words) > 5 else ""
        addresses = int(start, 16), int(end, 16)
        shared = protection[3] == "s"
        found.append(Mapped(*addresses, flags, shared, int(words[2], 16), path))
    return found


def auxv(pid: int) -> dict[int, int]:
    """The auxiliary vector."""
    data = _read(pid, "auxv")
    return dict(_PAIR.iter_unpack(data[: len(data) & -16]))


def command(pid: int) -> str:
    """The command line, words with a blank between."""
    return os.fsdecode(_read(pid, "cmdline").rstrip(b"\0").replace(b"\0", b" "))


def thread_ids(pid: int) -> list[int]:
    """The main thread first."""
    try:
        tids = sorted(map(int, os.listdir(f"/proc/{pid}/task")))
    except OSError:
        raise ProcessNotFound(pid) from None
    return sorted(tids, key=lambda tid: tid != pid)


def thread_name(pid: int, tid: int) -> Optional[str]:
    """At most 15 bytes; None where the thread is gone."""
    try:
        return _read(pid, f"task/{tid}/comm").decode("utf-8", "replace").rstrip("\n")
    except (ProcessNotFound, ProcessRefused):
        return None


def root(pid: int) -> Optional[str]:
    """The folder that the process sees as `/`, where that is another one (a container)."""
    path = f"/proc/{pid}/root"
    try:
        here, there = os.stat("/"), os.stat(path + "/.")
    except OSError:
        return None
    return None if (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino) else path


def executable(pid: int) -> Optional[str]:
    """A path that leads to the file that runs, even where another one has its name by now."""
    link = f"/proc/{pid}/exe"
    try:
        named = os.readlink(link)
        return None if os.path.exists(named) and os.path.samefile(named, link) else link
    except OSError:
        return link


def check_exists(pid: int) -> None:
    """Raises ProcessNotFound."""
    if not os.path.isdir(f"/proc/{pid}"):
        raise ProcessNotFound(pid)


def is_traced(pid: int) -> bool:
    """Whether a debugger holds a process of this machine; True where it can't be told."""
    return _number(_status(pid).get("TracerPid")) != 0


def refusal(pid: int, reason: str) -> ProcessRefused:
    """Why the kernel said no, as far as can be told."""
    status = _status(pid)
    owner = _number(status.get("Uid"))
    tracer = _number(status.get("TracerPid"))
    return ProcessRefused(
        pid,
        reason,
        owner=owner if owner not in (None, os.geteuid()) else None,
        tracer=tracer or None,
        tracer_name=thread_name(tracer, tracer) if tracer else None,
        yama=_yama(),
        is_root=os.geteuid() == 0,
    )


def _status(pid: int) -> dict[str, str]:
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            rows = (line.partition(":") for line in file)
            return {name: value.strip() for name, _, value in rows}
    except OSError:
        return {}


def _number(text: Optional[str]) -> Optional[int]:
    return int(text.split()[0]) if text else None


def _yama() -> int:
    try:
        with open(_YAMA, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def _read(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        raise ProcessNotFound(pid) from None
    except OSError as error:
        raise refusal(pid, error.strerror or str(error)) from None
