"""How long a command takes and how much anonymous memory it has at most."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

_SAMPLE_SECONDS = 0.002


@dataclass(frozen=True)
class Cost:
    """Seconds of wall time (median of the runs) and bytes of RssAnon (highest sample seen)."""

    seconds: float
    memory: int


@dataclass(frozen=True)
class Limit:
    """One figure and what it may be at most."""

    what: str
    measured: float
    most: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether the figure is within its limit."""
        return self.measured <= self.most


def _anonymous(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def _environment() -> dict[str, str]:
    """As where the package is installed: its bytecode is kept, not compiled in each run."""
    kept = dict(os.environ)
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept


def cost(command: Sequence[str], runs: int = 5) -> Cost:
    """Runs the command once to warm the page cache, then `runs` times; one more run is sampled
    for memory, so that sampling does not slow what is timed."""
    env = _environment()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
        times.append(time.perf_counter() - start)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _anonymous(process.pid))
        time.sleep(_SAMPLE_SECONDS)
    return Cost(statistics.median(times), peak)


def machine() -> str:
    """The processor and the number of cores, for the report."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{model}, {os.cpu_count()} cores"
