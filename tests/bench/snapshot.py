"""`snapshot` of a million sessions beside V8's own, in one run.

    python -m tests.bench.snapshot [VERSION]

Ours is processor time of the whole process (the disk is not ours), V8's the time of its
`writeHeapSnapshot` alone.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Sequence

from tests.bench.measure import Limit
from tests.provision.cores import core, node_flags
from tests.provision.nodes import node

_VERSION = "22.23.3"
_SCENARIOS = Path(__file__).parent.parent / "scenarios"
_SESSIONS = "1000000"


def limits(version: str = _VERSION) -> Sequence[Limit]:
    """Measures; takes two minutes, V8's own snapshot most of them."""
    with tempfile.TemporaryDirectory() as folder:
        seconds, memory = _ours(version, Path(folder) / "big.heapsnapshot")
        own = _own(version, Path(folder))
    print(f"snapshot: {seconds:.2f} s, V8's own {own:.1f} s")
    return (
        Limit("snapshot, 1 M sessions, whole process, processor time", seconds, 6.0, "s"),
        Limit("the same in times of V8's own writeHeapSnapshot", seconds / own, 1 / 8, "times"),
        Limit("peak RssAnon of it", memory / 1e6, 700, "MB"),
    )


def _ours(version: str, out: Path) -> tuple[float, int]:
    run = core(version, "sessions", _SESSIONS)
    script = Path(sys.executable).with_name("v8inspect")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [str(script), "-c", str(run.core), "snapshot", str(out)], stdout=subprocess.DEVNULL
    )
    peak = 0
    while process.poll() is None:
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                peak = max(peak, int(line.split()[1]) * 1024)
        time.sleep(0.01)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak


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
