"""`snapshot` of a million sessions beside V8's own, in one run.

    python -m tests.bench.snapshot [VERSION]

Ours is the time of the whole process from its start to its end, V8's that of its
`writeHeapSnapshot` alone. Both write to memory where there is a place for that (the disk is neither
one's).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Optional, Sequence

from tests.bench.measure import Limit, cost
from tests.provision.cores import core, node_flags
from tests.provision.nodes import node

_VERSION = "22.23.3"
_SCENARIOS = Path(__file__).parent.parent / "scenarios"
_SESSIONS = "1000000"
_ROOM = 4 << 30  # bytes


def limits(version: str = _VERSION) -> Sequence[Limit]:
    """Measures; takes two minutes, V8's own snapshot most of them."""
    with tempfile.TemporaryDirectory(dir=_place()) as folder:
        script = Path(sys.executable).with_name("v8inspect")
        dump = core(version, "sessions", _SESSIONS).core
        out = Path(folder) / "big.heapsnapshot"
        ours = cost([str(script), "-c", str(dump), "snapshot", "--force", str(out)], runs=3)
        own = _own(version, Path(folder))
    ratio = ours.seconds / own
    print(f"snapshot: {ours.seconds:.2f} s, V8's own {own:.1f} s")
    return (
        Limit("snapshot, 1 M sessions, whole process", ours.seconds, 6.0, "s"),
        Limit("the same in times of V8's own writeHeapSnapshot", ratio, 1 / 8, "times"),
        Limit("peak RssAnon of it", ours.memory / 1e6, 700, "MB"),
    )


def _place() -> Optional[str]:
    """A folder in memory that has room for the files."""
    memory = "/dev/shm"
    return memory if os.path.isdir(memory) and shutil.disk_usage(memory).free > _ROOM else None


def _own(version: str, folder: Path) -> float:
    """Seconds that V8 takes for the same heap."""
    program = folder / "app"
    shutil.copytree(_SCENARIOS, program)
    source = program / "sessions.js"
    timed = Path(__file__).with_name("timed_snapshot.js")
    command = [str(node(version)), *node_flags(source), "-r", str(timed)]
    done = subprocess.run(
        [*command, str(source), _SESSIONS, "snapshot"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    held = limits(*sys.argv[1:2])
    for limit in held:
        print(f"{limit.what}: {limit.measured:.3f} {limit.unit} of {limit.most:.3f}")
    sys.exit(int(not all(limit.holds for limit in held)))
