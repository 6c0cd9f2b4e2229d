"""LLDB's own `bt`: gives the cores that LLDB has loaded the frame provider, where LLDB has such.

Only when asked: LLDB 22.1.8 crashes when an expression is evaluated while a frame is selected that
a plugin has made, whatever the frame says of itself; and for each frame without a pc, lldb-dap gets
the first of them.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any, Dict

import lldb

_CLASS = "V8FrameProvider"


def is_offered() -> bool:
    """Whether this LLDB has frame providers: from 22 on."""
    if not hasattr(lldb.SBTarget, "RegisterScriptedFrameProvider"):
        return False
    return importlib.util.find_spec("lldb.plugins.scripted_frame_provider") is not None


class OwnStack:
    """Gives the provider to all cores that are loaded, and takes it away."""

    def __init__(self, debugger: Any, package: str) -> None:
        self._debugger = debugger
        self._module = f"{package}.frame_provider"
        self._given: Dict[int, int] = {}  # providers by processes, both LLDB's numbers

    @property
    def on(self) -> bool:
        """Whether the selected target's core has it."""
        process = self._debugger.GetSelectedTarget().GetProcess()
        return process.IsValid() and process.GetUniqueID() in self._given

    def switch(self, on: bool) -> None:
        """For all targets."""
        importlib.import_module(self._module)
        for i in range(self._debugger.GetNumTargets()):
            target = self._debugger.GetTargetAtIndex(i)
            process = target.GetProcess()
            if on and process.IsValid():
                self._give(target, process)
            elif process.GetUniqueID() in self._given:
                target.RemoveScriptedFrameProvider(self._given.pop(process.GetUniqueID()))

    def _give(self, target: Any, process: Any) -> None:
        core = process.GetCoreFile()
        if process.GetUniqueID() in self._given or not (core.IsValid() and core.fullpath):
            return
        number = target.RegisterScriptedFrameProvider(
            f"{self._module}.{_CLASS}", lldb.SBStructuredData(), lldb.SBError()
        )
        if number:
            self._given[process.GetUniqueID()] = number
