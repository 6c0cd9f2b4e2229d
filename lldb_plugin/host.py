"""LLDB as a host of commands: which dump it has loaded, its expressions, its interrupts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, Iterator, Optional, Sequence

import lldb

from v8inspect.commands.host import Dump, LiveProcess, Source
from v8inspect.embedded import NOTHING, REMOTE, RUNNING, DebuggerHost, both_names, one_core
from v8inspect.errors import Interrupted, Unsupported
from v8inspect.target import Thread
from v8inspect.targets.live.proc import is_traced

if TYPE_CHECKING:
    from lldb_plugin.own_stack import OwnStack

_CORE_PLUGINS = ("elf-core", "mach-o-core", "minidump")


class LldbHost(DebuggerHost):
    """What is looked at is the selected target: its core, or the process that it is."""

    name = "lldb"

    def __init__(self, debugger: Any) -> None:
        super().__init__()
        self._debugger = debugger
        self.own_stack: Optional[OwnStack] = None

    def unwinder(self, on: Optional[bool]) -> bool:
        """See Host."""
        if self.own_stack is None:
            raise Unsupported("LLDB before 22 takes no frames from a plugin; `v8 bt` has them all")
        if on is not None:
            self.own_stack.switch(on)
        return self.own_stack.on

    def selected(self) -> Optional[Source]:
        """See Host."""
        target = self._debugger.GetSelectedTarget()
        process = target.GetProcess()
        if not process.IsValid():
            raise NOTHING
        if process.GetPluginName() not in _CORE_PLUGINS:
            return _live(target, process)
        path = self._core_file(process)
        if path is None:
            raise NOTHING
        executable = target.GetExecutable()
        return Dump(path, executable.fullpath if executable.IsValid() else None)

    def thread(self) -> Optional[int]:
        """See Host."""
        selected = self._debugger.GetSelectedTarget().GetProcess().GetSelectedThread()
        return int(selected.GetThreadID()) if selected.IsValid() else None

    def held_threads(self) -> Sequence[Thread]:
        """See Host."""
        process = self._debugger.GetSelectedTarget().GetProcess()
        return [
            Thread(int(thread.GetThreadID()), _registers(thread), thread.GetName())
            for thread in process
        ]

    def evaluate(self, text: str) -> int:
        """See Host."""
        target = self._debugger.GetSelectedTarget()
        frame = target.GetProcess().GetSelectedThread().GetSelectedFrame()
        value = (frame if frame.IsValid() else target).EvaluateExpression(text)
        if not value.GetError().Success():
            raise Unsupported(f"LLDB cannot evaluate `{text}`: {value.GetError().GetCString()}")
        return int(value.GetValueAsUnsigned())

    def progress(self, what: str, done: int, total: int) -> None:
        """See Host."""
        self.poll()

    def poll(self) -> None:
        """Raises Interrupted after Ctrl-C."""
        requested = getattr(self._debugger, "InterruptRequested", None)  # LLDB 17 on
        if requested is None:
            requested = self._debugger.GetCommandInterpreter().WasInterrupted
        if requested():
            raise Interrupted()

    def _core_file(self, process: Any) -> Optional[str]:
        if hasattr(process, "GetCoreFile"):  # LLDB 17 on
            found = process.GetCoreFile()
            if found.IsValid() and found.fullpath:
                return str(found.fullpath)
        # Before that, the list of all files that LLDB has open names it.
        result = lldb.SBCommandReturnObject()
        self._debugger.GetCommandInterpreter().HandleCommand("image list -g -f", result)
        lines = (result.GetOutput() or "").splitlines()
        listed = one_core(line.partition("] ")[2].strip() for line in lines)
        # A minidump is not in that list.
        return listed or one_core(_mapped_files())


def _mapped_files() -> Iterator[str]:
    """Paths of the files that this process has mapped; none where the system does not say."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            for line in maps:
                path = line.rstrip("\n").split(None, 5)[5:]
                if path and path[0].startswith("/"):
                    yield path[0]
    except OSError:
        return


def _live(target: Any, process: Any) -> LiveProcess:
    state = process.GetState()
    if state in (lldb.eStateExited, lldb.eStateDetached, lldb.eStateUnloaded):
        raise NOTHING
    if state != lldb.eStateStopped:
        raise RUNNING
    pid = process.GetProcessID()
    # LLDB talks to processes here as to those on other machines.
    named = target.GetExecutable().basename
    try:
        here = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        here = None
    if named is None or here not in (named, f"{named} (deleted)"):
        raise REMOTE
    if not is_traced(pid):
        raise NOTHING  # it was let go, which LLDB's state says late on a busy machine
    return LiveProcess(pid, held=True, moment=process.GetStopID(True))


def _registers(thread: Any) -> Dict[str, int]:
    found = {}
    for group in thread.GetFrameAtIndex(0).GetRegisters():
        if "general purpose" in (group.GetName() or "").lower():
            for register in group:
                found[register.GetName()] = register.GetValueAsUnsigned()
    return both_names(found)
