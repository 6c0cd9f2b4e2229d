"""What V8's stack traces say of a frame: `Type.fn [as m]`, `new X`, `eval at f (…)`.

V8: src/objects/call-site-info.cc (SerializeJSStackFrame, AppendMethodCall, GetTypeName,
GetMethodName, AppendFileLocation, FormatEvalOrigin), JSFunction::GetDebugName,
Builtins::NameForStackTrace. V8 asks its heap alone for all this: no getter is called and no proxy
is trapped, so a dump can give the same answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, NamedTuple, Optional, Tuple

from v8inspect.objects.code import bytecode_of
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.scripts import Script, script_of
from v8inspect.objects.source_positions import position_at
from v8inspect.objects.tagged import Smi
from v8inspect.stack.builtin_names import known_name
from v8inspect.stack.frame import BUILTIN, Frame
from v8inspect.stack.receivers import Receiver, Receivers
from v8inspect.stack.values import Captured, function_value, receiver_value

if TYPE_CHECKING:
    from v8inspect.session import Session

_MAX_EVALS = 32  # code from eval within code from eval
_ANONYMOUS = "<anonymous>"
_INITIALIZERS = (
    "ClassMembersInitializerFunction",
    "ClassStaticInitializerFunction",
    "ClassStaticInitializerFunctionPrecededByMember",
)


class Named(NamedTuple):
    """The parts that a name is made of; `function` and `type` are '' where there are none."""

    function: str
    type: str
    method: str
    is_method: bool  # has a receiver that is neither undefined, null nor the global object


class FrameNames:
    """Names the frames of one session; see `printed_name`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._reader: Reader = reader_of(session)
        self._layout = session.layout
        self._namer = session.namer
        self._receivers = Receivers(self._reader, self._namer)
        self._named: Dict[Tuple[int, int, Optional[int], bool], Named] = {}

    def text(self, frame: Frame) -> str:
        """The function's text; '' for code without a name that is no method's: V8 prints such a
        frame's place alone."""
        named = self._parts(frame)
        if named.is_method and not frame.construct:
            return self._method_text(named)
        if frame.construct:
            return f"new {named.function or _ANONYMOUS}"
        return named.function

    def line(self, frame: Frame) -> str:
        """The whole line, `function (place)`."""
        text, place = self.text(frame), self.place(frame)
        return f"{text} ({place})" if text else place

    def place(self, frame: Frame) -> str:
        """`script:line:column`, after where the code of an eval was made."""
        script = None
        if frame.shared is not None and frame.kind != BUILTIN:
            script = script_of(frame.shared)
        if script is None:
            return _ANONYMOUS
        name = script.source_url or (script.name if script.has_name else "")
        origin = ""
        if not script.has_name and not script.has_source_url and script.is_eval:
            origin = self._eval_origin(script) + ", "
        return origin + (name or _ANONYMOUS) + self._position(script, frame)

    def _position(self, script: Script, frame: Frame) -> str:
        if frame.place is None:
            return ""
        line, column = frame.place.line, frame.place.column
        if script.source_url:
            # The comment names the text itself: offsets in what it was cut from do not count.
            first = line == script.line_offset + 1
            line -= script.line_offset
            column -= script.column_offset if first else 0
        if not line:  # V8: Message::kNoLineNumberInfo
            return ""
        return f":{line}:{column}" if column else f":{line}"

    def _eval_origin(self, script: Script) -> str:
        """V8: FormatEvalOrigin."""
        closing = text = ""
        for _ in range(_MAX_EVALS):
            if script.has_name or script.has_source_url:
                return text + (script.source_url or script.name) + closing
            maker = script.eval_from_shared
            if maker is None:
                return text + "eval at " + _ANONYMOUS + closing
            text += "eval at " + (maker.debug_name or _ANONYMOUS)
            outer = script_of(maker)
            if outer is None:
                return text + closing
            text, closing = text + " (", ")" + closing
            if not outer.is_eval:
                return text + self._eval_place(script, maker, outer) + closing
            script = outer
        return text + closing

    def _eval_place(self, script: Script, maker: SharedFunctionInfo, outer: Script) -> str:
        if not outer.has_name:
            return "unknown source"
        position = script.eval_from_position
        if position < 0:
            # Not looked up yet: the offset of the call in the bytecode of its function.
            bytecode = bytecode_of(maker)
            found = None if bytecode is None else position_at(bytecode, -position)
            if found is None:
                return outer.name
            position = found
        place = outer.place(position)
        if place is None:
            return outer.name
        line, column = place.line - outer.line_offset, place.column
        return f"{outer.name}:{line}:{column - outer.column_offset if line == 1 else column}"

    def _method_text(self, named: Named) -> str:
        """V8: AppendMethodCall."""
        function, method = named.function, named.method
        if not function:
            prefix = f"{named.type}." if named.type else ""
            return prefix + (method or _ANONYMOUS)
        text = function
        if named.type and named.type != function and _is_identifier(function):
            text = f"{named.type}.{function}"
        if method and not self._ends_with(function, method):
            text += f" [as {method}]"
        return text

    def _ends_with(self, function: str, method: str) -> bool:
        if function == method or function.endswith("." + method):
            return True
        return bool(self._layout.Naming.accessor_is_method) and function.endswith(" " + method)

    def _parts(self, frame: Frame) -> Named:
        function = self._function(frame)
        word = 0 if function is None else function.word
        shared = 0 if frame.shared is None else frame.shared.word
        if frame.inlined:
            return self._make(frame, function, self._inlined_receiver(frame))
        key = word, shared, frame.receiver, frame.construct
        named = self._named.get(key)
        if named is None:
            receiver = None
            if frame.receiver is not None:
                receiver = self._receivers.of_word(frame.receiver, function)
            named = self._named[key] = self._make(frame, function, receiver)
        return named

    def _make(
        self, frame: Frame, function: Optional[JSFunction], receiver: Optional[Receiver]
    ) -> Named:
        name = self._function_name(frame, function)
        if frame.construct or receiver is None or receiver.is_top_level:
            return Named(name, "", "", False)
        method = ""
        if frame.shared is not None and frame.shared.kind not in _INITIALIZERS:
            method = receiver.method_name(function, frame.shared)
        return Named(name, self._type_name(receiver), method, True)

    def _type_name(self, receiver: Receiver) -> str:
        """V8: GetTypeName; and AppendMethodCall, where a class goes by its own name."""
        function = receiver.function
        if function is not None:
            shared = function.shared
            is_class = isinstance(shared, SharedFunctionInfo) and shared.is_class_constructor
            if is_class or self._layout.Naming.receiver_function_name:
                name = self._namer.function_name(function.word)
                if name:
                    return name
        return receiver.type_name

    def _function_name(self, frame: Frame, function: Optional[JSFunction]) -> str:
        """V8: GetFunctionName."""
        shared = frame.shared
        name = function_name = ""
        if function is not None:
            function_name = self._namer.function_name(function.word)
        elif shared is not None:
            function_name = shared.debug_name
        if frame.kind == BUILTIN and self._layout.Naming.known_builtins:
            name = known_name(frame.builtin, function_name)
        if name or function_name:
            return name or function_name
        if shared is not None and frame.kind != BUILTIN:
            script = script_of(shared)
            if script is not None and script.is_eval:
                return "eval"
        return ""

    def _function(self, frame: Frame) -> Optional[JSFunction]:
        if frame.function is not None or frame.translated is None:
            return frame.function
        value = function_value(self._session, frame)
        return value if isinstance(value, JSFunction) else None

    def _inlined_receiver(self, frame: Frame) -> Optional[Receiver]:
        """The receiver by the translation; None if it was not kept."""
        value = receiver_value(self._session, frame)
        function = self._function(frame)
        if isinstance(value, Captured):
            return self._receivers.of_captured(value, function)
        if isinstance(value, Smi):
            return self._receivers.of_word(value.value << 32, function)
        if isinstance(value, HeapObject):
            return self._receivers.of_word(value.word, function)
        return None


def _is_identifier(text: str) -> bool:
    """V8: String::IsIdentifier, which looks at UTF-16 units one by one."""
    return text.replace("$", "_").isidentifier() and all(ord(char) < 0x10000 for char in text)


def printed_name(session: Session, frame: Frame) -> str:
    """The function of a frame as V8's stack traces print it: 'Server.close [as stop]',
    'new Server', 'get size', 'eval'; '<anonymous>' where they print the place alone."""
    return session.kept(FrameNames).text(frame) or _ANONYMOUS


def printed_place(session: Session, frame: Frame) -> str:
    """The place of a frame as V8's stack traces print it: 'server.js:12:5', '<anonymous>',
    'eval at f (server.js:3:1), <anonymous>:1:1'."""
    return session.kept(FrameNames).place(frame)


def printed_line(session: Session, frame: Frame) -> str:
    """The line of a frame in V8's stack traces, without `at` before it."""
    return session.kept(FrameNames).line(frame)
