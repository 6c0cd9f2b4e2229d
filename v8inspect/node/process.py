"""The `process` object of Node.js: which program this was, on what, started how.

Node: lib/internal/bootstrap/node.js and src/node_process_object.cc. `globalThis.process` is an
accessor whose getter keeps the object in its closure, so it is read from there. What V8's heap
does not hold (the title, the parent's pid: native accessors ask the system when they are read)
is told as absent, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, Optional, Sequence

from v8inspect.objects.contexts import Context
from v8inspect.objects.functions import JSFunction
from v8inspect.objects.heap_object import HeapObject
from v8inspect.objects.js_object import JSArray, JSObject
from v8inspect.objects.primitives import HeapNumber
from v8inspect.objects.properties import AccessorPair, Property, own_property
from v8inspect.objects.reader import Reader, reader_of
from v8inspect.objects.strings import String
from v8inspect.objects.tagged import Smi, Value

if TYPE_CHECKING:
    from v8inspect.session import Session

_MAX_GLOBALS = 4096
_MAX_WORDS = 4096  # of argv
_MAX_TEXT = 1 << 16
_NOT_KEPT = ("ppid", "title", "debugPort")  # accessors that ask the system


@dataclass(frozen=True)
class ProcessInfo:
    """What one `process` object says. None or empty: it does not say; `absent` names those.

    `isolate` is the number of its isolate: 0 is the main thread's, workers have their own.
    `versions` and `release` keep their order. Addresses are tagged.
    """

    isolate: int
    address: int
    pid: Optional[int]
    version: Optional[str]
    arch: Optional[str]
    platform: Optional[str]
    exec_path: Optional[str]
    argv0: Optional[str]
    argv: Sequence[str] = ()
    exec_argv: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    release: Mapping[str, str] = field(default_factory=dict)
    versions_address: Optional[int] = None
    release_address: Optional[int] = None
    argv_address: Optional[int] = None
    exec_argv_address: Optional[int] = None
    absent: Sequence[str] = ()


def processes(session: Session) -> Iterator[ProcessInfo]:
    """The `process` object of each isolate that has one, the main thread's first."""
    reader = reader_of(session)
    wanted = reader.layout.types["JS_GLOBAL_OBJECT"]
    for isolate in session.heap.isolates:
        addresses: list[int] = []
        for batch, _ in session.heap.collect(lambda map: map.type == wanted, [isolate.number]):
            addresses.extend(batch[: _MAX_GLOBALS - len(addresses)])
        for found in find_processes(reader, addresses):
            yield describe(found, isolate.number)
            break  # vm contexts that were given the same object


def find_processes(reader: Reader, globals: Iterable[int]) -> Iterator[JSObject]:
    """The `process` objects of the global objects at these addresses (tagged or not)."""
    seen: set[int] = set()
    for address in globals:
        item = own_property(reader, address, "process")
        if item is None:
            continue
        found = _behind(item)
        if isinstance(found, JSObject) and found.address not in seen and _fits(found):
            seen.add(found.address)
            yield found


def _behind(item: Property) -> Value:
    """The value of a property, or of the variable of that name that its getter returns.

    Node: `get() { return _process; }` (lib/internal/bootstrap/node.js).
    """
    value = item.value
    if not isinstance(value, AccessorPair):
        return value
    getter = value.getter
    if isinstance(getter, JSFunction):
        context = getter.context
        if isinstance(context, Context):
            variable = context.variable("_process")
            if variable is not None:
                return variable.value
    return value


def _fits(candidate: JSObject) -> bool:
    """Whether an object has what only Node's process has: a version and component versions."""
    version = _text(candidate, "version")
    versions = _value(candidate, "versions")
    return version is not None and version.startswith("v") and isinstance(versions, JSObject)


def describe(process: JSObject, isolate: int = 0) -> ProcessInfo:
    """Reads a `process` object."""
    argv, exec_argv = _value(process, "argv"), _value(process, "execArgv")
    versions, release = _value(process, "versions"), _value(process, "release")
    pid = _value(process, "pid")
    info = ProcessInfo(
        isolate=isolate,
        address=process.word,
        pid=_integer(pid),
        version=_text(process, "version"),
        arch=_text(process, "arch"),
        platform=_text(process, "platform"),
        exec_path=_text(process, "execPath"),
        argv0=_text(process, "argv0"),
        argv=_words(argv),
        exec_argv=_words(exec_argv),
        versions=_texts(versions),
        release=_texts(release),
        versions_address=_address(versions),
        release_address=_address(release),
        argv_address=_address(argv),
        exec_argv_address=_address(exec_argv),
    )
    told = {
        "pid": info.pid is not None,
        "version": info.version is not None,
        "arch": info.arch is not None,
        "platform": info.platform is not None,
        "execPath": info.exec_path is not None,
        "argv": info.argv_address is not None,
        "execArgv": info.exec_argv_address is not None,
        "versions": bool(info.versions),
        "release": bool(info.release),
    }
    absent = [name for name, there in told.items() if not there] + list(_NOT_KEPT)
    return ProcessInfo(**{**info.__dict__, "absent": tuple(absent)})


def _value(object: JSObject, name: str) -> Optional[Value]:
    item = own_property(object.reader, object.address, name)
    if item is None or item.is_accessor:
        return None
    return item.value


def _text(object: JSObject, name: str) -> Optional[str]:
    value = _value(object, name)
    return value.text(_MAX_TEXT) if isinstance(value, String) else None


def _integer(value: Optional[Value]) -> Optional[int]:
    if isinstance(value, Smi):
        return value.value
    if isinstance(value, HeapNumber) and value.value.is_integer():
        return int(value.value)
    return None


def _address(value: Optional[Value]) -> Optional[int]:
    return value.word if isinstance(value, HeapObject) else None


def _words(value: Optional[Value]) -> Sequence[str]:
    """The strings of an array; what is no string is left out."""
    if not isinstance(value, JSArray):
        return ()
    words = []
    for number, item in enumerate(value.elements()):
        if number >= _MAX_WORDS:
            break
        element = getattr(item, "value", None)
        if isinstance(element, String):
            words.append(element.text(_MAX_TEXT))
    return tuple(words)


def _texts(value: Optional[Value]) -> Mapping[str, str]:
    """The properties of an object whose values are strings."""
    texts: dict[str, str] = {}
    if isinstance(value, JSObject):
        for item in value.properties():
            if isinstance(item, Property) and not item.is_symbol:
                text = item.value
                if isinstance(text, String):
                    texts[item.name] = text.text(_MAX_TEXT)
    return texts
