"""`snapshot` of a million sessions: processor time and memory, beside the C loop of the benchmark.

    python -m tests.bench.snapshot [VERSION]

Exits 1 when a limit is exceeded. Processor time, not wall time: the disk is not ours.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.provision.cores import core

_VERSION = "22.23.3"
_SECONDS, _MEGABYTES = 6.0, 700  # of processor time; of RssAnon


def main(version: str = _VERSION) -> int:
    """Measures and prints."""
    run = core(version, "sessions", "1000000")
    with tempfile.TemporaryDirectory() as folder:
        out, loop = Path(folder) / "big.heapsnapshot", Path(folder) / "sum"
        subprocess.run(
            ["cc", "-O3", "-o", str(loop), str(Path(__file__).with_name("sum.c"))], check=True
        )
        said = subprocess.run([str(loop), str(run.core)], capture_output=True, check=True)
        reference = float(said.stdout.split()[1])
        script = Path(sys.executable).with_name("v8inspect")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(
            [str(script), "-c", str(run.core), "snapshot", str(out)], stdout=subprocess.DEVNULL
        )
        peak = 0
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text()
            for line in status.splitlines():
                if line.startswith("RssAnon:"):
                    peak = max(peak, int(line.split()[1]))
            time.sleep(0.01)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        size = out.stat().st_size
    print(
        f"snapshot, 1 M sessions: {seconds:.2f} s of processor time"
        f" ({seconds / reference:.0f} C loops), {peak / 1000:.0f} MB, file {size / 1e6:.0f} MB"
    )
    return int(process.returncode != 0 or seconds > _SECONDS or peak / 1000 > _MEGABYTES)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
