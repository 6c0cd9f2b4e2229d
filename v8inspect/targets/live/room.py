"""How much memory we may take without harm to others: that of the machine, and of our cgroup."""

from __future__ import annotations

import os
from typing import Optional

from v8inspect.errors import NoRoom

_KEPT = 1 / 8  # of what is free stays free
_CGROUPS = "/sys/fs/cgroup"
_OOM_SCORE = "/proc/self/oom_score_adj"


def check_room(pid: int, needed: int) -> None:
    """Raises NoRoom where `needed` more bytes would press other programs."""
    free = min(size for size in (_machine(), _cgroup()) if size is not None)
    if needed > free * (1 - _KEPT):
        raise NoRoom(pid, needed, free)


def be_first_to_go() -> None:
    """If memory gets short after all, the kernel is to end us and not the process."""
    try:
        with open(_OOM_SCORE, "w", encoding="ascii") as file:
            file.write("1000")
    except OSError:
        pass


def _machine() -> Optional[int]:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 1 << 62


def _cgroup() -> Optional[int]:
    """What the cgroups that we are in leave; files that can be dropped are not counted."""
    left = None
    try:
        with open("/proc/self/cgroup", encoding="utf-8", errors="replace") as file:
            rows = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return None
    for _, controllers, path in rows:
        second = controllers == ""
        if not second and "memory" not in controllers.split(","):
            continue
        base = _CGROUPS if second else f"{_CGROUPS}/memory"
        names = ("memory.max", "memory.current") if second else (
            "memory.limit_in_bytes", "memory.usage_in_bytes")  # fmt: skip
        # In a container the path may be one that only the host has: its top is the container's.
        parts = [part for part in path.split("/") if part and part != ".."]
        for depth in range(len(parts), -1, -1):
            folder = os.path.join(base, *parts[:depth])
            limit, used = (_value(os.path.join(folder, name)) for name in names)
            if limit is not None and used is not None:
                droppable = _droppable(os.path.join(folder, "memory.stat"))
                here = max(0, limit - used + min(droppable, used))
                left = here if left is None else min(left, here)
    return left


def _value(path: str) -> Optional[int]:
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):  # 'max'
        return None


def _droppable(path: str) -> int:
    try:
        with open(path, encoding="ascii") as file:
            for line in file:
                if line.startswith(("inactive_file ", "total_inactive_file ")):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0
