"""Functions, contexts, generators and errors: what has a place in a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional

from v8inspect.analysis.description import Frame, Variable
from v8inspect.analysis.kinds import NOTHING, Internal, Plain, kind, listed
from v8inspect.objects import contexts, generators, js_errors, scripts
from v8inspect.objects.awaiting import suspended_place
from v8inspect.objects.functions import JSFunction, SharedFunctionInfo
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.natives import visible_name
from v8inspect.objects.strings import String
from v8inspect.objects.tagged import Damaged, Smi, Value
from v8inspect.rows import Address

if TYPE_CHECKING:
    from v8inspect.analysis.describe import Describer

MAX_SOURCE = 1 << 20  # characters that -s shows
_MAX_FRAMES = 1000


def put_place(internal: Internal, place: Optional[scripts.Place]) -> None:
    """script, line and column, if they are known."""
    if place is not None:
        internal.update(script=place.script, line=place.line, column=place.column)


@kind("function", JSFunction)
def _function(d: Describer, value: JSFunction, depth: int, internal: Internal) -> Plain:
    name = value.debug_name
    internal["name"] = name
    shared = value.shared
    if not isinstance(shared, SharedFunctionInfo):
        if isinstance(shared, Damaged):
            internal["shared"] = d.damaged(shared)
        return NOTHING
    internal["kind"] = shared.kind
    put_place(internal, scripts.place_of(shared))
    if d.options.show_source and (depth or d.is_top(value)):
        _put_source(value, internal)
    if not depth:
        return NOTHING
    shown = visible_name(value)
    if shown is not None and shown != name:
        internal["visible_name"] = shown
    context = value.context
    if "script" in internal or not isinstance(context, contexts.Context):
        internal["context"] = d.value(context, max(depth, 1))
    return NOTHING


def _put_source(value: JSFunction, internal: Internal) -> None:
    source = scripts.function_source(value.reader, value, MAX_SOURCE)
    if source is not None:
        internal["source"] = source.text
        if not source.complete:
            internal["source_more"] = source.length - len(source.text)


@kind("context", contexts.Context)
def _context(d: Describer, value: contexts.Context, depth: int, internal: Internal) -> Plain:
    internal["kind"] = value.kind
    scope = value.scope
    if scope is not None and scope.function_name:
        internal["function"] = _text(value.reader.value(scope.function_name))
    if not depth:
        return Plain(length=value.length)
    previous = value.previous
    if not isinstance(previous, Smi):
        internal["previous"] = d.value(previous, 0)
    internal["scope_info"] = d.value(value.scope_info, 0)
    extension = value.extension
    if extension is not None:
        internal["extension"] = d.value(extension, depth - 1)
    if scope is not None and scope.problem is not None:
        d.damage.append(scope.problem)
        internal["problem"] = scope.problem
    items = value.variables()
    limit = d.options.properties or 1 << 30
    internal["variables"] = [
        Variable(item.name, d.value(item.value, depth - 1)) for item in d.some(items, limit)
    ]
    more = d.rest(items)
    if more:
        internal["variables_more"] = more
    return Plain(length=value.length)


def _text(value: Value) -> str:
    return value.text() if isinstance(value, String) else ""


@kind("object", generators.JSGeneratorObject)
def _generator(
    d: Describer, value: generators.JSGeneratorObject, depth: int, internal: Internal
) -> Plain:
    internal["state"] = value.state
    put_place(internal, suspended_place(value))
    if not depth:
        internal["name"] = value.function_name
        return NOTHING
    internal["function"] = d.value(value.function, 0)
    internal["receiver"] = d.value(value.receiver, depth - 1)
    if isinstance(value, generators.JSAsyncFunctionObject):
        internal["promise"] = d.value(value.promise, 0)
    if isinstance(value, generators.JSAsyncGeneratorObject):
        internal["queue"] = d.value(value.queue, 0)
    internal["context"] = d.value(value.context, depth - 1)
    listed(d, internal, "registers", value.registers(), depth)
    return NOTHING


@kind("object", js_errors.JSError)
def _error(d: Describer, value: js_errors.JSError, depth: int, internal: Internal) -> Plain:
    message = value.property("message")
    if message is not None and isinstance(message.value, String):
        internal["message"] = message.value.text(d.options.nested_strings or 4096)
    if depth:
        put_stack(d, value, internal)
    return NOTHING


def put_stack(d: Describer, value: JSObject, internal: Internal) -> None:
    """The captured stack, if there is one: as rows, or as text once V8 has formatted it."""
    text = js_errors.stack_text(value)
    if text is not None:
        internal["stack_text"] = text
        return
    frames: List[object] = []
    items = js_errors.call_sites(value)
    for site in d.some(items, _MAX_FRAMES):
        frames.append(d.damaged(site) if isinstance(site, Damaged) else frame_of(site))
    if frames or js_errors.captured_stack(value) is not None:
        internal["stack"] = frames
    more = d.rest(items)
    if more:
        internal["stack_more"] = more


def _script_name(function: Value) -> Optional[str]:
    shared = function.shared if isinstance(function, JSFunction) else None
    script = scripts.script_of(shared) if isinstance(shared, SharedFunctionInfo) else None
    return script.name if script else None


def frame_of(site: js_errors.CallSite) -> Frame:
    """A captured frame as a row."""
    place = site.place
    function = site.function
    return Frame(
        site.function_name,
        place.script if place else _script_name(function),
        place.line if place else None,
        place.column if place else None,
        site.is_constructor,
        site.is_async,
        Address(function.word) if isinstance(function, JSFunction) else None,
    )
