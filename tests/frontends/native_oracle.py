"""What LLDB makes of the threads of a core: the frames that are really on the stack, without those
of inlined functions and those that it concludes from tail calls ('artificial').

LLDB needs up to a minute for the symbols of a Node.js, so its answer is kept with the core.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Dict, List

from tests.frontends.run import process
from tests.provision.cache import entry
from tests.provision.cores import Run

_DAYS = 14
_DRIVER = """
import json, lldb
def __lldb_init_module(debugger, _):
    said = {}
    for thread in debugger.GetSelectedTarget().GetProcess():
        frames, last = said.setdefault(str(thread.GetThreadID()), []), None
        for frame in thread:
            # The innermost of the functions inlined into one frame has the true pc.
            if frame.IsArtificial() or frame.GetCFA() == last:
                continue
            last = frame.GetCFA()
            frames.append(frame.GetPC())
    with open(FILE, "w") as file:
        json.dump(said, file)
"""


def lldb_stacks(program: str, run: Run) -> Dict[int, List[int]]:
    """The pcs of each thread by tid, innermost first."""
    digest = hashlib.sha256((_DRIVER + str(run.core)).encode()).hexdigest()[:16]

    def make(fresh: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            driver = Path(folder) / "driver.py"
            file = str(fresh / "stacks.json")
            driver.write_text(_DRIVER.replace("FILE", repr(file)))
            load = f"target create {run.node} --core {run.core}"
            done = process(
                [program, "--no-lldbinit", "-b", "-o", load]
                + ["-o", f"command script import {driver}"]
            )
            assert Path(file).exists(), done.stdout + done.stderr

    folder = entry(f"lldb-stacks/{run.version}-{run.scenario}-{digest}", make, _DAYS)
    kept = json.loads((folder / "stacks.json").read_text())
    return {int(tid): pcs for tid, pcs in kept.items()}
