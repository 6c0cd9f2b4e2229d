"""Stops a process for as long as a `with` block runs, and takes the registers of its threads.

A thread of our own does it, because the kernel lets a process go on when the thread that stopped it
ends: whatever happens to the rest of us, Ctrl-C included, nothing stays stopped. It also gives up
by itself when the block takes too long.
"""

from __future__ import annotations

import os
import threading
from struct import Struct
from typing import Optional

from v8inspect.errors import ProcessNotFound
from v8inspect.scan.binding import load
from v8inspect.target import Thread
from v8inspect.targets.elf.process import registers_of
from v8inspect.targets.live.proc import refusal, thread_name
from v8inspect.threads import block_signals

_PATIENCE = 1_000_000  # microseconds for all threads to stop; one in the kernel may not
_LONGEST = 20.0  # seconds that a process is stopped, whatever happens here
_PRSTATUS, _PAC_MASK = 1, 0x406
_MAX_REGISTERS = 1024
_ESRCH, _EACCES, _EPERM = 3, 13, 1
_PAIR = Struct("<QQ")


class Stopped:
    """`with Stopped(pid, arch) as it:` the process stands still inside. After the block, `micros`
    says how long it did, and `in_time` whether it did until the end of it."""

    def __init__(self, pid: int, arch: str) -> None:
        self._pid = pid
        self._arch = arch
        self._stopped = threading.Event()
        self._done = threading.Event()
        self._failure: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._run, name="v8inspect tracer", daemon=True)
        self.threads: list[Thread] = []
        self.running: list[int] = []  # tids of those that did not stop
        self.pac_mask = 0
        self.micros = 0
        self.in_time = True

    def __enter__(self) -> Stopped:
        self._thread.start()
        try:
            self._stopped.wait()
        except BaseException:
            self._release()
            raise
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def _release(self) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        block_signals()
        call = load().call
        live = call("live_open", self._pid)
        try:
            self._stop(live)
            self._stopped.set()
            self.in_time = self._done.wait(_LONGEST)
        except BaseException as error:
            self._failure = error
        finally:
            self.micros = call("live_resume", live)
            call("live_close", live)
            self._stopped.set()

    def _stop(self, live: int) -> None:
        call = load().call
        status = call("live_stop", live, _PATIENCE) if live else -_EPERM
        if status == -_ESRCH:
            raise ProcessNotFound(self._pid)
        if status < 0:
            raise refusal(self._pid, os.strerror(-status))
        tids = [call("live_thread", live, i) for i in range(call("live_count", live))]
        found = []
        for index, tid in enumerate(tids):
            if not tid:
                continue
            data = self._registers(live, index, _PRSTATUS)
            registers = registers_of(data, self._arch)
            if registers is None:
                self.running.append(tid)
            found.append(Thread(tid, registers or {}, thread_name(self._pid, tid)))
            if self._arch == "aarch64" and not self.pac_mask:
                masks = self._registers(live, index, _PAC_MASK)
                self.pac_mask = _PAIR.unpack(masks)[1] if len(masks) == 16 else 0
        self.threads = sorted(found, key=lambda thread: (thread.tid != self._pid, thread.tid))

    def _registers(self, live: int, index: int, kind: int) -> bytes:
        library = load()
        out = bytearray(_MAX_REGISTERS)
        pin = library.pin(out)
        try:
            size = library.call("live_registers", live, index, kind, pin.address, len(out))
        finally:
            pin.release()
        return bytes(out[: max(0, size)])
