"""What a frame is, for everybody who shows stacks.

V8: src/execution/frames.h, frame-constants.h; V8_FRAMES.md §3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Optional, Sequence

if TYPE_CHECKING:
    from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
    from v8inspect.objects.scripts import Place
    from v8inspect.stack.code import CompiledCode
    from v8inspect.stack.translation import Translated
    from v8inspect.target import Thread

JS, BUILTIN, INTERNAL, NATIVE = "js", "builtin", "internal", "native"
ENTRY = "entry"  # a tier: the way from C++ into JS


class Frame(NamedTuple):
    """One frame. All addresses are raw, words are tagged.

    `kind` is JS (has source), BUILTIN (a JS function without source, or native code called as
    one), INTERNAL (V8's own, which V8's stack traces leave out) or NATIVE. `tier` tells them apart:
    'interpreted', 'baseline', 'maglev', 'turbofan'; 'builtin', 'builtin exit', 'api callback',
    'builtin continuation'; 'construct', 'internal', 'entry', 'exit', 'wasm', 'stub', …

    A function that was inlined is a frame of its own with `fp` and `pc` of the code that it is in.
    `approximate`: the position is that of the nearest call before.
    """

    kind: str
    tier: str
    fp: int
    pc: Optional[int] = None  # of the next instruction to run in it
    function: Optional[JSFunction] = None
    shared: Optional[SharedFunctionInfo] = None
    receiver: Optional[int] = None
    bytecode: Optional[int] = None  # tagged BytecodeArray
    bytecode_offset: Optional[int] = None
    position: Optional[int] = None  # in the source, UTF-16 units
    place: Optional[Place] = None  # of the call
    construct: bool = False  # called by `new`
    constructs: bool = False  # what it calls was called by `new`, without a frame between
    inlined: bool = False
    approximate: bool = False
    builtin: str = ""  # V8's name of the builtin; of native frames the symbol, as linked
    module: str = ""  # of native frames: path of the executable or library
    offset: Optional[int] = None  # of native frames: bytes from the symbol, or from the module
    code: Optional[CompiledCode] = None
    translated: Optional[Translated] = None  # of optimised code: where its values are
    actual: Optional[Translated] = None  # and its arguments, where they are not as declared
    arguments_at: Optional[int] = None  # address of argument 0
    arguments_count: int = 0  # actual ones, without the receiver
    hidden: bool = False  # left out of V8's own stack traces
    sp: Optional[int] = None  # of native frames
    problem: Optional[str] = None


@dataclass(frozen=True)
class Stack:
    """The V8 frames of a thread, innermost first. `problem`: why it ends before its end."""

    thread: Thread
    isolate: Optional[int]
    frames: Sequence[Frame] = ()
    problem: Optional[str] = None
    state: str = ""  # V8's vm state: 'JS', 'GC', 'EXTERNAL', …
