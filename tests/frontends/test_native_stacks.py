"""The native unwinder against LLDB's: the same frames, pc by pc, in every thread of real cores."""

from __future__ import annotations

import time

import pytest

from tests.dumps.support import PRIMARY
from tests.frontends.native_oracle import lldb_stacks
from tests.provision.cores import core
from v8inspect.session import Session
from v8inspect.stack.mixed import saved_registers
from v8inspect.stack.native.eh_frame import CallFrames
from v8inspect.stack.native.unwinder import unwind
from v8inspect.targets import open_dump

pytestmark = [pytest.mark.debugger, pytest.mark.dumps]

# process.abort() in the main thread while a worker idles; an uncaught exception; no memory left.
SCENARIOS = ("worker", "uncaught", "oom")


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("version", PRIMARY)
def test_every_thread_has_the_frames_that_lldb_finds(
    version: str, scenario: str, lldb: str
) -> None:
    run = core(version, scenario)
    wanted = lldb_stacks(lldb, run)
    with Session(open_dump(str(run.core), str(run.node))) as session:
        shared = CallFrames(session.target)
        start = time.perf_counter()
        for thread in session.target.threads():
            frames = list(
                unwind(
                    session.target, thread.registers, saved_registers(session), call_frames=shared
                )
            )
            assert [frame.pc for frame in frames] == wanted[thread.tid]
            assert frames[-1].problem is None
        # Seven to eleven threads; 0.02 s on a quiet machine.
        assert time.perf_counter() - start < 1
