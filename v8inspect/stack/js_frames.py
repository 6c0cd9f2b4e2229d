"""From one of V8's frames to the function that it runs, where that stands, and those inlined in it.

V8: src/execution/frames.cc, frame-constants.h; V8_FRAMES.md §3, §5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, List, Optional, Tuple

from v8inspect.objects.arrays import ByteArray
from v8inspect.objects.code import BytecodeArray, InterpreterData, bytecode_of
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo, is_function
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.scripts import Place, script_of
from v8inspect.objects.source_positions import position_at
from v8inspect.stack import slots
from v8inspect.stack.baseline import bytecode_offset, header_size
from v8inspect.stack.builtins import Builtins
from v8inspect.stack.code import CodeFinder, CompiledCode
from v8inspect.stack.frame import BUILTIN, INTERNAL, JS, Frame
from v8inspect.stack.optimized import Inlined, OptimizedCode
from v8inspect.stack.physical import PhysicalFrame
from v8inspect.stack.slots import REGISTERS

if TYPE_CHECKING:
    from v8inspect.session import Session
    from v8inspect.target import Thread

_MAX_ARGUMENTS = 1 << 16
_TIERS = {
    "ExitFrame": "exit",
    "EntryFrame": "entry",
    "ConstructEntryFrame": "entry",
    "InternalFrame": "internal",
    "ConstructFrame": "construct",
    "FastConstructFrame": "construct",
    "StubFrame": "stub",
    "BuiltinContinuationFrame": "builtin continuation",
}
_CONSTRUCTS = ("ConstructFrame", "FastConstructFrame")
_CONTINUATIONS = (
    "JavaScriptBuiltinContinuationFrame",
    "JavaScriptBuiltinContinuationWithCatchFrame",
)
_API_CALLBACKS = ("ApiCallbackExitFrame", "ApiConstructExitFrame")


def is_interpreted(reader: Reader, fp: int) -> bool:
    """Whether the JS frame at `fp` has the slots of the interpreter: a BytecodeArray of the
    frame's own function, and an offset."""
    array = reader.word(fp + slots.BYTECODE_ARRAY)
    if array is None or reader.type_of(array) != reader.layout.types["BYTECODE_ARRAY"]:
        return False
    return reader.smi(fp + slots.BYTECODE_OFFSET) is not None


def is_builtin_function(reader: Reader, fp: int) -> bool:
    """Whether the function of the JS frame at `fp` has no bytecode: it is one of V8's builtins."""
    function = reader.value_in(fp + slots.FUNCTION)
    if not isinstance(function, JSFunction):
        return False
    shared = function.shared
    return isinstance(shared, SharedFunctionInfo) and bytecode_of(shared) is None


class FrameReader:
    """Makes Frames of the physical ones of one thread."""

    def __init__(
        self, session: Session, thread: Thread, builtins: Builtins, codes: CodeFinder
    ) -> None:
        self._reader = reader_of(session)
        self._layout = session.layout
        self._arch = session.target.arch
        self._thread = thread
        self._builtins = builtins
        self._codes = codes
        self._places: Dict[Tuple[int, int], Tuple[Optional[int], Optional[Place]]] = {}
        self._optimized: Dict[int, OptimizedCode] = {}

    def frames(self, physical: PhysicalFrame, caller: Optional[PhysicalFrame]) -> List[Frame]:
        """The frames that a physical one stands for, innermost first; one unless functions were
        inlined. `caller` is the physical frame below it."""
        return [_hidden(frame) for frame in self._frames(physical, caller)]

    def _frames(self, physical: PhysicalFrame, caller: Optional[PhysicalFrame]) -> List[Frame]:
        kind = physical.type
        if kind == "BuiltinExitFrame":
            return [self._builtin_exit(physical)]
        if kind in _API_CALLBACKS:
            return [self._api_callback(physical)]
        if kind in _CONTINUATIONS:
            fp = physical.fp
            at = fp + slots.FUNCTION, fp + slots.RECEIVER
            return [self._builtin(physical, "builtin continuation", *at)]
        if kind:
            name = self._builtins.name(physical.pc) if physical.pc else ""
            tier = _TIERS.get(kind) or ("wasm" if "Wasm" in kind else _words(kind))
            return [Frame(INTERNAL, tier, physical.fp, physical.pc, builtin=name)]
        construct = caller is not None and caller.type in _CONSTRUCTS
        return self._js(physical, construct)

    def _js(self, physical: PhysicalFrame, construct: bool) -> List[Frame]:
        fp, pc = physical.fp, physical.pc
        if not is_function(self._reader, self._reader.word(fp + slots.FUNCTION) or 0):
            return [Frame(INTERNAL, "unknown", fp, pc, problem="no function in this frame")]
        base = self._called(fp)._replace(pc=pc, construct=construct)
        code = None
        if pc is not None and pc not in self._builtins:
            code = self._codes.at(pc)
        kinds = self._layout.Code
        compiled = (kinds.kind_baseline, kinds.kind_maglev, kinds.kind_turbofan)
        # Up to 11.3 copies of the interpreter's entry are of the kind of builtins.
        if code is None or code.kind not in compiled:
            is_builtin = base.shared is not None and bytecode_of(base.shared) is None
            if is_interpreted(self._reader, fp) and not is_builtin:
                return [self._interpreted(base, physical)]
            # Without symbols it is not known where the executable has its builtins.
            if pc is None or pc in self._builtins or code is not None or is_builtin:
                name = self._builtins.name(pc) if pc else ""
                return [base._replace(kind=BUILTIN, tier="builtin", builtin=name)]
            return [base._replace(problem="its machine code was not found")]
        if code.kind == kinds.kind_baseline:
            return [self._baseline(base, code)]
        return self._compiled(base, code, physical)

    def _called(self, fp: int) -> Frame:
        """What every JS frame has: function, receiver, arguments."""
        function = self._reader.value_in(fp + slots.FUNCTION)
        assert isinstance(function, JSFunction)
        shared = function.shared
        count = self._reader.word(fp + slots.ARGC) or 0
        return Frame(
            JS,
            "unknown",
            fp,
            function=function,
            shared=shared if isinstance(shared, SharedFunctionInfo) else None,
            receiver=self._reader.word(fp + slots.RECEIVER),
            arguments_at=fp + slots.FIRST_ARGUMENT,
            arguments_count=_bounded(count - 1),
        )

    def _interpreted(self, base: Frame, physical: PhysicalFrame) -> Frame:
        fp = base.fp
        word = self._reader.word(fp + slots.BYTECODE_ARRAY) or 0
        raw = self._reader.smi(fp + slots.BYTECODE_OFFSET) or 0
        approximate = False
        if physical.interrupted:
            # The slot is brought up to date at calls only; between them a register has it.
            names = REGISTERS[self._arch]
            if self._thread.registers.get(names[3]) == word:
                raw = self._thread.registers.get(names[4], raw)
            else:
                approximate = True
        array = self._reader.value(word)
        offset = raw - (header_size(array) - 1) if isinstance(array, BytecodeArray) else -1
        if isinstance(array, BytecodeArray) and not -1 <= offset < max(array.length, 0):
            offset, approximate = -1, True
        return self._placed(
            base._replace(tier="interpreted", approximate=approximate), word, offset
        )

    def _baseline(self, base: Frame, code: CompiledCode) -> Frame:
        fields = self._layout.Code
        frame = base._replace(tier="baseline", code=code)
        array = self._reader.value_in(code.word - 1 + fields.deoptimization_data)
        if isinstance(array, InterpreterData):
            array = array.value_at(self._layout.BytecodeArray.interpreter_data_array)
        table = self._reader.value_in(code.word - 1 + fields.position_table)
        if not isinstance(array, BytecodeArray) or not isinstance(table, ByteArray):
            return frame._replace(problem="its bytecode was not found")
        offset = bytecode_offset(
            array, table, (base.pc or 0) - code.start, self._layout.bytecode_sizes
        )
        if offset is None:
            return frame._replace(bytecode=array.word, problem="no bytecode at its pc")
        return self._placed(frame, array.word, offset)

    def _compiled(self, base: Frame, code: CompiledCode, physical: PhysicalFrame) -> List[Frame]:
        kind = self._layout.Code.kind_maglev
        tier = "maglev" if code.kind == kind else "turbofan"
        frame = base._replace(tier=tier, code=code)
        optimized = self._optimized.get(code.word)
        if optimized is None:
            optimized = self._optimized[code.word] = OptimizedCode(self._reader, code)
        pc = base.pc or 0
        functions = [] if physical.interrupted else optimized.functions_at(pc)
        approximate = not functions
        if not functions:
            functions = optimized.nearest(pc - code.start - (not physical.interrupted))
        if not functions:
            return [frame._replace(problem="no position for its pc")]
        found = []
        for index, item in enumerate(functions):
            outermost = index == len(functions) - 1
            made = self._inlined(frame, item, outermost, approximate)
            found.append(_with_function(made, optimized) if item.is_builtin else made)
        return found

    def _inlined(self, base: Frame, item: Inlined, outermost: bool, approximate: bool) -> Frame:
        frame = base._replace(
            shared=item.shared or (base.shared if outermost else None),
            inlined=not outermost,
            approximate=approximate,
            translated=item.translated,
            actual=item.arguments,
            constructs=item.constructs,
        )
        if not outermost:
            frame = frame._replace(
                function=None,
                receiver=None,
                arguments_at=None,
                arguments_count=0,
                construct=item.construct,
            )
        if item.is_builtin:
            return frame._replace(kind=BUILTIN, tier="builtin continuation")
        if item.bytecode is not None and item.bytecode_offset is not None:
            return self._placed(frame, item.bytecode.word, item.bytecode_offset)
        if item.position is not None and frame.shared is not None:
            return frame._replace(position=item.position, place=_place(frame.shared, item.position))
        return frame._replace(problem="its bytecode was not found")

    def _builtin_exit(self, physical: PhysicalFrame) -> Frame:
        fields = self._layout.Frame
        fp = physical.fp
        count = self._reader.smi(fp + fields.builtin_exit_argc) or 0
        new_target = self._reader.word(fp + fields.builtin_exit_new_target) or 0
        receiver, extra = fields.builtin_exit_receiver, fields.builtin_exit_extra
        if self._arch == "aarch64":  # whose stack pointer has to be a multiple of 16
            receiver = fields.builtin_exit_receiver_arm64 or receiver
            extra = fields.builtin_exit_extra_arm64 or extra
        return self._called_native(
            physical,
            "builtin exit",
            fp + fields.builtin_exit_target,
            fp + receiver,
            count - extra - 1,
            new_target,
        )

    def _api_callback(self, physical: PhysicalFrame) -> Frame:
        fields = self._layout.Frame
        fp = physical.fp
        count: Optional[int]
        if fields.api_callback_argc is not None:
            count = self._reader.smi(fp + fields.api_callback_argc)
        else:
            count = self._reader.word(fp + slots.ARGC)
        new_target = 0
        if fields.api_callback_new_target is not None:
            new_target = self._reader.word(fp + fields.api_callback_new_target) or 0
        return self._called_native(
            physical,
            "api callback",
            fp + fields.api_callback_target,
            fp + fields.api_callback_receiver,
            count or 0,
            new_target,
        )

    def _called_native(
        self, physical: PhysicalFrame, tier: str, target: int, receiver: int, count: int, new: int
    ) -> Frame:
        return self._builtin(physical, tier, target, receiver)._replace(
            arguments_at=receiver + 8,
            arguments_count=_bounded(count),
            construct=self._reader.type_of(new) >= self._layout.first_js_receiver_type,
            builtin=self._builtins.name(physical.pc) if physical.pc else "",
        )

    def _builtin(
        self, physical: PhysicalFrame, tier: str, function_at: int, receiver_at: int
    ) -> Frame:
        """A builtin whose function and receiver are in these slots."""
        function = self._reader.value_in(function_at)
        shared = function.shared if isinstance(function, JSFunction) else None
        return Frame(
            BUILTIN,
            tier,
            physical.fp,
            physical.pc,
            function=function if isinstance(function, JSFunction) else None,
            shared=shared if isinstance(shared, SharedFunctionInfo) else None,
            receiver=self._reader.word(receiver_at),
        )

    def _placed(self, frame: Frame, array: int, offset: int) -> Frame:
        key = (array, offset)
        if key not in self._places:
            position = position_at(self._reader.value(array), offset)
            place = None
            if position is not None and frame.shared is not None:
                place = _place(frame.shared, position)
            self._places[key] = position, place
        position, place = self._places[key]
        return frame._replace(
            bytecode=array, bytecode_offset=offset, position=position, place=place
        )


def _with_function(frame: Frame, optimized: OptimizedCode) -> Frame:
    """A builtin that was inlined, with its function: Maglev writes the SharedFunctionInfo of the
    caller into such a frame of the translation (14.6), and V8 goes by the function, too."""
    slots_ = frame.translated.slots if frame.translated is not None else []
    if not slots_ or slots_[0].op != "LITERAL":
        return frame
    function = optimized.literal(slots_[0].operand)
    shared = function.shared if isinstance(function, JSFunction) else None
    if not isinstance(function, JSFunction) or not isinstance(shared, SharedFunctionInfo):
        return frame
    return frame._replace(function=function, shared=shared)


def _hidden(frame: Frame) -> Frame:
    """Marks what V8's stack traces leave out: functions without source that were not made to be
    seen by JavaScript, those of the API among them. V8: CallSiteInfo builder's IsNotHidden."""
    if frame.kind != BUILTIN or (frame.shared is not None and frame.shared.is_native):
        return frame
    return frame._replace(hidden=True)


def _place(shared: SharedFunctionInfo, position: int) -> Optional[Place]:
    script = script_of(shared)
    return None if script is None else script.place(position)


def _bounded(count: int) -> int:
    return count if 0 <= count <= _MAX_ARGUMENTS else 0


def _words(name: str) -> str:
    """'ApiNamedAccessorExitFrame' to 'api named accessor exit'."""
    text = name[: -len("Frame")] if name.endswith("Frame") else name
    return "".join(f" {c.lower()}" if c.isupper() else c for c in text).strip()
