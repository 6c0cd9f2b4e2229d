"""Generators and async functions: suspended frames that live in the heap.

V8: src/objects/js-generator.tq; V8_LAYOUT.md §5.5, V8_FRAMES.md §9.
"""

from __future__ import annotations

from typing import Iterator, Optional

from v8inspect.objects.arrays import FixedArray
from v8inspect.objects.fields import SmiField, Tagged
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.heap_object import problem_of
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.tagged import Damaged, Smi, Value

_CLOSED, _RUNNING = -1, -2  # V8: JSGeneratorObject::kGeneratorClosed, kGeneratorExecuting


class JSGeneratorObject(JSObject):
    """A generator object: a function's frame between two `next`."""

    __slots__ = ()

    function = Tagged("Builtins.generator_function")
    context = Tagged("Builtins.generator_context")
    receiver = Tagged("Builtins.generator_receiver")
    input_or_position = Tagged("Builtins.generator_input")
    resume_mode = SmiField("Builtins.generator_resume_mode")
    continuation = SmiField("Builtins.generator_continuation")
    parameters_and_registers = Tagged("Builtins.generator_registers")

    @property
    def state(self) -> str:
        """'suspended', 'running' or 'closed'."""
        number = self.continuation
        if number == _CLOSED:
            return "closed"
        return "running" if number == _RUNNING else "suspended"

    @property
    def function_name(self) -> str:
        """The debug name of its function."""
        function = self.function
        return function.debug_name if isinstance(function, JSFunction) else ""

    @property
    def bytecode_offset(self) -> Optional[int]:
        """Where it is suspended, as V8 counts (from the BytecodeArray's start plus header - 1)."""
        value = self.input_or_position
        if self.state != "suspended" or not isinstance(value, Smi):
            return None
        return value.value

    def registers(self) -> Iterator[Value]:
        """Parameters, then interpreter registers."""
        store = self.parameters_and_registers
        if isinstance(store, FixedArray):
            yield from store.values()
        else:
            yield Damaged(self.word, f"registers: {problem_of(store)}")


class JSAsyncFunctionObject(JSGeneratorObject):
    """A call of an async function."""

    __slots__ = ()

    promise = Tagged("Builtins.async_function_promise")


class JSAsyncGeneratorObject(JSGeneratorObject):
    """An async generator; `queue` is the first request or undefined."""

    __slots__ = ()

    queue = Tagged("Builtins.async_generator_queue")
