"""Errors: the call stack that V8 captured with one, as text or as rows.

V8: src/objects/call-site-info.tq, js-objects ErrorUtils::GetFormattedStack in
src/execution/messages.cc; V8_LAYOUT.md §5.5, V8_FRAMES.md §8. The stack is an own property under
a private symbol without a description, so it is known by what it holds.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, Optional, Union

from v8inspect.objects.arrays import FixedArray
from v8inspect.objects.fields import Tagged
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.scripts import Place, script_of
from v8inspect.objects.source_positions import position_at
from v8inspect.objects.strings import String
from v8inspect.objects.tagged import Damaged, Smi, Value

MAX_FRAMES = 1 << 16
_STRICT, _CONSTRUCTOR, _ASYNC, _POSITION_COMPUTED = 4, 8, 32, 64  # V8: CallSiteInfo flags


class CallSite(NamedTuple):
    """One captured frame. `offset` is a bytecode or code offset, or a source position if
    `is_position`."""

    function: Value
    receiver: Value
    code: Value
    offset: int
    flags: int

    @property
    def function_name(self) -> str:
        """The debug name of the function, '' if it has none."""
        return self.function.debug_name if isinstance(self.function, JSFunction) else ""

    @property
    def place(self) -> Optional[Place]:
        """Script, line and column of the call (or throw); None for builtins and damage."""
        function = self.function
        if not isinstance(function, JSFunction):
            return None
        shared = function.shared
        script = script_of(shared) if isinstance(shared, SharedFunctionInfo) else None
        position = self.offset if self.is_position else position_at(self.code, self.offset)
        return None if script is None or position is None else script.place(position)

    @property
    def is_constructor(self) -> bool:
        """Whether the frame was called by `new`."""
        return bool(self.flags & _CONSTRUCTOR)

    @property
    def is_async(self) -> bool:
        """Whether it waited at an `await` below the frames that ran."""
        return bool(self.flags & _ASYNC)

    @property
    def is_strict(self) -> bool:
        """Whether the function is in strict mode."""
        return bool(self.flags & _STRICT)

    @property
    def is_position(self) -> bool:
        """Whether V8 has replaced the code offset by the position in the source."""
        return bool(self.flags & _POSITION_COMPUTED)


class CallSiteInfo(HeapObject):
    """A captured frame as an object of its own (until V8 14)."""

    __slots__ = ()

    receiver = Tagged("CallSiteInfo.receiver")
    function = Tagged("CallSiteInfo.function")
    code = Tagged("CallSiteInfo.code")
    code_offset = Tagged("CallSiteInfo.code_offset")
    flags = Tagged("CallSiteInfo.flags")

    @property
    def site(self) -> CallSite:
        """The same as a row."""
        return CallSite(
            self.function, self.receiver, self.code, _int(self.code_offset), _int(self.flags)
        )


class ErrorStackData(HeapObject):
    """A stack that the inspector captured too."""

    __slots__ = ()

    call_sites_or_text = Tagged("CallSiteInfo.stack_data_sites")


class JSError(JSObject):
    """An Error, or what Error.captureStackTrace was called with."""

    __slots__ = ()


def captured_stack(object: JSObject) -> Optional[Value]:
    """The value of the private stack property: a String once it was read, else call sites.

    Any object can have one (Error.captureStackTrace). None if there is none.
    """
    message: Optional[int] = None
    for item in object.properties():  # private ones come last
        if isinstance(item, Damaged):
            continue
        if not item.is_private:
            if item.name == "message":
                message = item.word
            continue
        # From V8 13 on the message is kept under a second private symbol.
        if item.is_private_name or item.name or item.word == message:
            continue
        value = item.value
        if isinstance(value, ErrorStackData):
            value = value.call_sites_or_text
        if isinstance(value, String):
            return value
        if isinstance(value, FixedArray) and _is_sites(value):
            return value
    return None


def stack_text(object: JSObject, limit: int = 1 << 16) -> Optional[str]:
    """The formatted stack, if V8 has formatted it (somebody has read `error.stack`)."""
    value = captured_stack(object)
    return value.read(limit).text if isinstance(value, String) else None


def call_sites(object: JSObject) -> Iterator[Union[CallSite, Damaged]]:
    """The captured frames, innermost first; none once the stack was formatted."""
    value = captured_stack(object)
    if not isinstance(value, FixedArray):
        return
    width = value.layout.CallSiteInfo.flat_words
    if width is None:
        for item in value.values(0, MAX_FRAMES):
            if isinstance(item, CallSiteInfo):
                yield item.site
            elif isinstance(item, Damaged):
                yield item
        return
    for at in range(0, min(value.length, MAX_FRAMES * width) - width + 1, width):
        code, receiver, function, offset, _, flags = (value.value(at + k) for k in range(6))
        yield CallSite(function, receiver, code, _int(offset), _int(flags))


def _is_sites(store: FixedArray) -> bool:
    """Whether an array holds call sites: an Error's other private arrays do not exist, so this
    only guards against damage. An empty one is a stack without frames."""
    if not store.length:
        return True
    width = store.layout.CallSiteInfo.flat_words
    if width is None:
        return isinstance(store.value(0), CallSiteInfo)
    return store.length % width == 0 and isinstance(store.value(2), JSFunction)


def _int(value: Value) -> int:
    return value.value if isinstance(value, Smi) else 0
