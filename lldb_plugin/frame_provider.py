"""Names and places for V8's frames in LLDB's own `bt`, from LLDB 22 on, which lets a plugin make
frames. LLDB unwinds V8's code by itself; what it lacks is what the frames are.

Imported only where LLDB has frame providers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Optional, Tuple, Union

import lldb
from lldb.plugins.scripted_frame_provider import ScriptedFrameProvider
from lldb.plugins.scripted_process import ScriptedFrame

from v8inspect.commands.host import Host
from v8inspect.errors import V8InspectError

if TYPE_CHECKING:
    from v8inspect.stack.for_debuggers import DebuggerFrames, Shown

_FRAME_POINTERS = {"x86_64": "rbp", "aarch64": "fp"}
_Key = Tuple[str, str]


class Cores:
    """V8's frames in each core that LLDB has loaded; for most programs, None."""

    _known: ClassVar[Dict[_Key, Optional[DebuggerFrames]]] = {}

    @classmethod
    def of(cls, target: Any) -> Optional[DebuggerFrames]:
        """Those of a target's core."""
        core = target.GetProcess().GetCoreFile()
        if not core.IsValid() or not core.fullpath:
            return None
        executable = target.GetExecutable()
        key = (core.fullpath, (executable.fullpath or "") if executable.IsValid() else "")
        if key not in cls._known:
            cls._known[key] = None  # should opening it fail, once is enough
            cls._known[key] = _open(*key)
        return cls._known[key]


def _open(core: str, executable: str) -> Optional[DebuggerFrames]:
    # A host of its own: LLDB's commands must not be called while it makes frames.
    try:
        session = Host().open(core, executable or None)
    except V8InspectError:
        return None
    from v8inspect.stack.for_debuggers import frames_for_debugger

    return frames_for_debugger(session)


class V8Frame(ScriptedFrame):
    """A frame of V8's. It has no registers and no variables: `v8 frame N` shows what it holds."""

    def __init__(self, thread: Any, number: int, shown: Shown, pc: int) -> None:
        super().__init__(thread, lldb.SBStructuredData())
        self._number = number
        self._shown = shown
        self._pc = pc

    def get_id(self) -> int:
        """See ScriptedFrame."""
        return self._number

    def get_pc(self) -> Optional[int]:
        """See ScriptedFrame. With a pc, LLDB 22 prefers the symbol and the line of that address to
        what the frame says."""
        return None if self._shown.place is not None else self._pc

    def get_function_name(self) -> str:
        """See ScriptedFrame."""
        return self._shown.name

    def is_artificial(self) -> bool:
        """See ScriptedFrame."""
        return False

    def get_symbol_context(self) -> Optional[Any]:
        """See ScriptedFrame: script, line, column."""
        place = self._shown.place
        if place is None:
            return None
        line = lldb.SBLineEntry()
        line.SetFileSpec(lldb.SBFileSpec(place.script, False))
        line.SetLine(place.line)
        line.SetColumn(place.column)
        context = lldb.SBSymbolContext()
        context.SetLineEntry(line)
        return context

    def get_register_context(self) -> None:
        """See ScriptedFrame. With registers LLDB 22.1.8 crashes at `register read`."""


class V8FrameProvider(ScriptedFrameProvider):
    """LLDB's frames, those of V8's code replaced by what they are."""

    def __init__(self, input_frames: Any, args: Any) -> None:
        super().__init__(input_frames, args)
        self._found = Cores.of(self.target) if self.target is not None else None
        self._made: List[Union[int, V8Frame]] = []
        self._taken = 0  # of LLDB's frames
        self._ended = False

    @staticmethod
    def get_description() -> str:
        """See ScriptedFrameProvider."""
        return "JavaScript functions and V8's builtins (v8inspect)"

    @staticmethod
    def applies_to_thread(thread: Any) -> bool:
        """See ScriptedFrameProvider: programs without V8 keep LLDB's frames as they are."""
        try:
            return Cores.of(thread.GetProcess().GetTarget()) is not None
        except Exception:
            return False

    def get_frame_at_index(self, index: int) -> Union[int, V8Frame, None]:
        """See ScriptedFrameProvider: the frame, or the number of LLDB's own."""
        while len(self._made) <= index and not self._ended:
            self._take()
        return self._made[index] if index < len(self._made) else None

    def _take(self) -> None:
        number, self._taken = self._taken, self._taken + 1
        frame = self.input_frames.GetFrameAtIndex(number)
        if not frame.IsValid():
            self._ended = True
            return
        try:
            made = self._frames(frame, number)
        except Exception:  # it would take the whole stack with it
            made = []
        self._made += made or [number]

    def _frames(self, frame: Any, number: int) -> List[V8Frame]:
        if self._found is None or not self._found.is_code(frame.GetPC(), number == 0):
            return []
        name = _FRAME_POINTERS[self._found.session.target.arch]
        pc, fp = frame.GetPC(), frame.FindRegister(name).GetValueAsUnsigned()
        shown = self._found.shown(self.thread.GetThreadID(), fp, pc)
        first = len(self._made)
        return [V8Frame(self.thread, first + i, item, pc) for i, item in enumerate(shown)]
