"""`make bench`: speed and memory of v8inspect beside a plain C loop over the same core, in one run.

    python -m tests.bench [--quick] [VERSION]

Writes docs/performance.md and exits 1 when a limit is exceeded. --quick leaves out the heaps of 2,
4 and 8 million sessions.
"""

from __future__ import annotations

import datetime
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Optional, Sequence

from tests.bench import snapshot
from tests.bench.measure import Cost, Limit, cost, machine
from tests.provision.cores import Run, core
from v8inspect.analysis.describe import Describer
from v8inspect.analysis.description import Options
from v8inspect.analysis.references import references_to
from v8inspect.analysis.retained import paths_to
from v8inspect.analysis.values import value_at
from v8inspect.session import Session
from v8inspect.targets import open_dump

ROOT = Path(__file__).resolve().parent.parent.parent
REPORT = ROOT / "docs" / "performance.md"
MILLIONS = (1, 2, 4, 8)
_VERSION = "22.23.3"


def _reference(folder: Path) -> Path:
    program = folder / "sum"
    source = Path(__file__).with_name("sum.c")
    subprocess.run(["cc", "-O3", "-o", str(program), str(source)], check=True)
    return program


def _loop_seconds(program: Path, run: Run) -> float:
    """Seconds that the C loop itself takes, without its start-up; the best of five."""
    times = []
    for _ in range(5):
        out = subprocess.run([str(program), str(run.core)], capture_output=True, check=True)
        times.append(float(out.stdout.split()[1]))
    return min(times)


def _second_census(run: Run) -> float:
    """Seconds of the second census in one session."""
    session = Session(open_dump(str(run.core), str(run.node)))
    session.census.tallies()
    start = time.perf_counter()
    session.census.tallies()
    seconds = time.perf_counter() - start
    session.close()
    return seconds


def _in_session(run: Run) -> list[Limit]:
    """What single questions cost once the dump is open, and once the graph is there."""
    session = Session(open_dump(str(run.core), str(run.node)))
    address = next(address for address, _ in session.census.instances("Session")) + 1
    limits = []
    for what, most in (("first", 2.0), ("repeated", 0.2)):
        start = time.perf_counter()
        rows = list(references_to(session, [address]))
        seconds = time.perf_counter() - start
        assert rows
        limits.append(Limit(f"findrefs of a session, {what}", seconds, most, "s"))
    start = time.perf_counter()
    Describer(session, Options()).top(value_at(session, address))
    seconds = time.perf_counter() - start
    limits.append(Limit("inspect of a session, after load", seconds * 1e3, 50, "ms"))
    session.graph.alive(())
    session.graph.turn()
    times = []
    for other, _ in islice(session.census.instances("Session"), 0, 1000, 200):
        start = time.perf_counter()
        assert list(paths_to(session, other + 1, 1))
        times.append(time.perf_counter() - start)
    limits.append(Limit("path to a session, once the graph is there", max(times), 0.2, "s"))
    session.close()
    return limits


def _command(run: Run, *words: str) -> Sequence[str]:
    script = Path(sys.executable).with_name("v8inspect")
    return [str(script), "-c", str(run.core), "-e", str(run.node), *words]


def _sessions(version: str, millions: int) -> Run:
    return core(version, "sessions", str(millions * 1_000_000))


def main(arguments: Sequence[str]) -> int:
    """Measures, prints, writes the report."""
    quick = "--quick" in arguments
    version = next((word for word in arguments if not word.startswith("-")), _VERSION)
    sizes = MILLIONS[:1] if quick else MILLIONS
    costs: dict[int, Cost] = {}
    graphs: dict[int, Cost] = {}
    loops: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        program = _reference(Path(folder))
        for millions in sizes:
            run = _sessions(version, millions)
            costs[millions] = cost(_command(run, "findjsobjects"))
            loops[millions] = _loop_seconds(program, run)
            graphs[millions] = cost(_command(run, "retained"), runs=3 if millions == 1 else 1)
            print(
                f"{millions} M sessions: {costs[millions]}, loop {loops[millions]:.3f} s,"
                f" retained {graphs[millions]}"
            )
    run = _sessions(version, 1)
    instances = _first_line(_command(run, "findjsinstances", "Session"))
    limits = [
        Limit("findjsobjects, 1 M sessions, whole process", costs[1].seconds, 0.7, "s"),
        Limit("the same in times of the C loop", costs[1].seconds / loops[1], 15, "times"),
        Limit("peak RssAnon", costs[1].memory / 1e6, 120, "MB"),
        Limit("second census in one session", _second_census(run) * 1e3, 50, "ms"),
        Limit("findjsinstances of 1 M, first line", instances, 1.0, "s"),
    ]
    limits += _in_session(run)
    limits += [
        Limit("retained, 1 M sessions, whole process", graphs[1].seconds, 3.0, "s"),
        Limit("the same in times of the C loop", graphs[1].seconds / loops[1], 60, "times"),
        Limit("its peak RssAnon", graphs[1].memory / 1e6, 700, "MB"),
    ]
    duplicates = cost(_command(run, "strings", "--duplicates"), runs=3).seconds
    limits.append(Limit("strings --duplicates, whole process", duplicates, 3.0, "s"))
    for what, stack in (
        ("1 M sessions", run),
        ("an uncaught exception", core(version, "boom")),
        ("out of memory", core(version, "oom")),
    ):
        seconds = cost(_command(stack, "bt")).seconds
        limits.append(Limit(f"bt, {what}, whole process", seconds, 0.3, "s"))
    for smaller, larger in zip(sizes, sizes[1:]):
        ratio = costs[larger].seconds / costs[smaller].seconds
        limits.append(Limit(f"{larger} M beside {smaller} M sessions", ratio, 2.1, "times"))
    most = sizes[-1]
    if most > 1:
        ratio = graphs[most].seconds / graphs[1].seconds
        limits += [
            Limit(f"retained, {most} M beside 1 M sessions", ratio, most * 1.15, "times"),
            Limit(f"its peak RssAnon with {most} M", graphs[most].memory / 1e9, 10, "GB"),
        ]
    if not quick:
        limits += snapshot.limits(version)
    _report(version, run, costs, graphs, loops, limits)
    for limit in limits:
        print(
            f"{'ok  ' if limit.holds else 'OVER'} {limit.what}: {limit.measured:.3f} {limit.unit}"
        )
    return 0 if all(limit.holds for limit in limits) else 1


def _first_line(command: Sequence[str]) -> float:
    """Seconds to the first line of output, the best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        process.stdout.readline()
        times.append(time.perf_counter() - start)
        process.stdout.close()
        process.wait()
    return min(times)


def _report(
    version: str,
    run: Run,
    costs: dict[int, Cost],
    graphs: dict[int, Cost],
    loops: dict[int, float],
    limits: Sequence[Limit],
    path: Optional[Path] = None,
) -> None:
    size = run.core.stat().st_blocks * 512 / 1e6
    lines = [
        "# Performance",
        "",
        "Written by `make bench`; every figure of one table is from one run on one machine.",
        "",
        f"{datetime.date.today().isoformat()}, {machine()}, Node.js {version}, page cache warm.",
        f"The heap: `tests/scenarios/sessions.js`; with 1 M sessions the core has {size:.0f} MB.",
        "",
        "`findjsobjects` as a whole process, Python's start included, beside a C loop that sums",
        "every 64-bit word of the same file (`tests/bench/sum.c`, the loop alone):",
        "",
        "| sessions | findjsobjects | C loop | ratio | peak RssAnon |",
        "|---|---|---|---|---|",
    ]
    for millions, measured in costs.items():
        lines.append(
            f"| {millions} M | {measured.seconds:.2f} s | {loops[millions]:.3f} s |"
            f" {measured.seconds / loops[millions]:.1f} | {measured.memory / 1e6:.0f} MB |"
        )
    lines += [
        "",
        "`retained` in the same way: all objects, what they hold, what is alive, dominators, sums",
        "by name ([the graph](graph.md)):",
        "",
        "| sessions | retained | in times of the C loop | peak RssAnon |",
        "|---|---|---|---|",
    ]
    for millions, measured in graphs.items():
        lines.append(
            f"| {millions} M | {measured.seconds:.2f} s |"
            f" {measured.seconds / loops[millions]:.0f} | {measured.memory / 1e6:.0f} MB |"
        )
    lines += ["", "| what | measured | limit | |", "|---|---|---|---|"]
    for limit in limits:
        lines.append(
            f"| {limit.what} | {limit.measured:.3f} {limit.unit} | {limit.most:g} {limit.unit} |"
            f" {'ok' if limit.holds else 'exceeded'} |"
        )
    lines += [
        "",
        "For comparison: llnode needs 21 to 33 s for a heap of 300 MB, V8's own",
        "`writeHeapSnapshot` 55 s for one of 330 MB (measured on another day).",
        "",
    ]
    (path or REPORT).write_text("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
