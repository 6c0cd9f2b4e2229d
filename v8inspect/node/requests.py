"""What was asked for and has not come back: libuv's requests and work of the thread pool.

Node: src/req_wrap.h (behind the list node: the original callback, then the libuv request),
src/node_file.h, src/cares_wrap.h, src/crypto/crypto_util.h, src/node_zlib.cc, lib/fs.js,
lib/dns.js, lib/net.js, lib/zlib.js (18 to 26). libuv 1.44 to 1.52: include/uv.h and uv/unix.h: what
is told of a request is taken from it where its `data` and type fit.

Not in the list of ReqWraps: jobs (crypto, from 26 on also reading of whole files), compression and
queries of c-ares. They are the JS objects whose C++ object is still there and that have something
to call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.node import loop as uv
from v8inspect.node.environment import Environment, Wrap, native_address
from v8inspect.node.handles import joined, owner_of
from v8inspect.node.objects import (
    Callback,
    by_name,
    by_symbol,
    callback_of,
    class_name,
    integer_under,
    object_under,
    text_under,
    users_callback,
)
from v8inspect.objects.globals import JSApiObject
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.promises import JSPromise
from v8inspect.objects.tagged import Value

if TYPE_CHECKING:
    from v8inspect.memory import Memory
    from v8inspect.session import Session

_REQUEST = 24  # from the list node
_DATA, _TYPE = 0, 8  # uv_req_t
_CONNECT, _WRITE, _SHUTDOWN, _UDP_SEND, _FS, _WORK, _GETADDRINFO, _GETNAMEINFO = range(2, 10)
_KINDS = {
    _CONNECT: "connect",
    _WRITE: "write",
    _SHUTDOWN: "shutdown",
    _UDP_SEND: "udp send",
    _WORK: "work",
    _GETADDRINFO: "getaddrinfo",
    _GETNAMEINFO: "getnameinfo",
}
_FS_TYPE, _FS_PATH, _FS_NEW_PATH, _FS_FILE = 64, 104, 272, 280  # uv_fs_t
_CONNECT_HANDLE = 72  # uv_connect_t; others: by the JS object
# uv_fs_type, from 1 on
_FS_NAMES = (
    "open", "close", "read", "write", "sendfile", "stat", "lstat", "fstat", "ftruncate", "utime",
    "futime", "access", "chmod", "fchmod", "fsync", "fdatasync", "unlink", "rmdir", "mkdir",
    "mkdtemp", "rename", "scandir", "link", "symlink", "readlink", "chown", "fchown", "realpath",
    "copyfile", "lchown", "opendir", "readdir", "closedir", "statfs", "mkstemp", "lutime",
)  # fmt: skip
_BY_FILE = {
    "close", "read", "write", "fstat", "ftruncate", "futime", "fchmod", "fsync", "fdatasync",
    "fchown", "sendfile",
}  # fmt: skip
_COMPRESSORS = ("Zlib", "BrotliEncoder", "BrotliDecoder", "ZstdCompress", "ZstdDecompress")
_QUERY = "QueryReqWrap"  # lib/internal/dns/utils.js


@dataclass(frozen=True)
class ActiveRequest:
    """One request. What is None can't be told, or does not apply to its kind.

    `listed` says whether process._getActiveRequests() gives it. `callback` is the program's where
    it can be told from Node's own; `promise` is what is settled instead.
    """

    kind: str
    object: JSObject
    listed: bool
    callback: Optional[Callback] = None
    promise: Optional[JSPromise] = None
    handle: Optional[JSObject] = None
    owner: Optional[JSObject] = None
    path: Optional[str] = None
    new_path: Optional[str] = None
    fd: Optional[int] = None
    host: Optional[str] = None
    remote: Optional[str] = None
    bytes: Optional[int] = None


def active_requests(session: Session, environment: Environment) -> Iterator[ActiveRequest]:
    """All requests of an environment: first those in Node's list, then the rest."""
    handles = {wrap.address: wrap.object for wrap in environment.handles()}
    for wrap in environment.requests():
        yield _request(session, environment, wrap, handles)
    yield from _outside(session, environment)


def _request(
    session: Session, environment: Environment, wrap: Wrap, handles: dict[int, JSApiObject]
) -> ActiveRequest:
    reader = environment.reader
    request = wrap.node + _REQUEST
    kind = (reader.word(request + _TYPE) or 0) & 0xFFFF_FFFF
    if reader.word(request + _DATA) != wrap.address:
        kind = 0  # not dispatched, or not where it is thought to be
    object = wrap.object
    if kind == _FS:
        return _file_request(environment, object, request)
    handle = object_under(object, "handle")
    if handle is None and kind == _CONNECT:
        pointer = reader.word(request + _CONNECT_HANDLE)
        found = uv.handle_at(reader.memory, pointer) if pointer else None
        handle = handles.get(found.data) if found is not None else None
    owner = owner_of(handle) if handle is not None else None
    callback = users_callback(by_name(object, "callback")) or users_callback(
        by_name(object, "oncomplete")
    )
    if kind == _WRITE and owner is not None:
        callback = _writers_callback(owner) or callback
    if callback is not None and callback.is_internal and owner is not None:
        callback = None  # the owner says more
    address, port = text_under(object, "address"), integer_under(object, "port")
    remote = address if port is None or address is None else joined(address, port)
    return ActiveRequest(
        kind=_KINDS.get(kind) or class_name(session, object),
        object=object,
        listed=True,
        callback=callback,
        handle=handle,
        owner=owner,
        host=text_under(object, "hostname") or text_under(object, "host"),
        remote=remote,
        bytes=integer_under(object, "bytes") if kind == _WRITE else None,
    )


def _file_request(environment: Environment, object: JSObject, request: int) -> ActiveRequest:
    """A FSReqCallback or FSReqPromise; lib/internal/fs/read/context.js has the callback of
    readFile in the `context` of its requests."""
    reader, memory = environment.reader, environment.reader.memory
    number = ((reader.word(request + _FS_TYPE) or 0) & 0xFFFF_FFFF) - 1
    name = _FS_NAMES[number] if 0 <= number < len(_FS_NAMES) else "request"
    context = object_under(object, "context")
    callback = users_callback(by_name(context, "callback")) if context is not None else None
    promise = by_name(object, "promise")
    by_file = name in _BY_FILE
    file = (reader.word(request + _FS_FILE) or 0) & 0xFFFF_FFFF
    return ActiveRequest(
        kind=f"fs {name}",
        object=object,
        listed=True,
        callback=callback or users_callback(by_name(object, "oncomplete")),
        promise=promise if isinstance(promise, JSPromise) else None,
        path=None if by_file else _path(memory, reader.word(request + _FS_PATH)),
        new_path=None if by_file else _path(memory, reader.word(request + _FS_NEW_PATH)),
        fd=file if by_file and file < 1 << 31 else None,
    )


def _path(memory: Memory, pointer: Optional[int]) -> Optional[str]:
    return uv.c_string(memory, pointer) if pointer else None


def _writers_callback(stream: JSObject) -> Optional[Callback]:
    """What `stream.write` was given for what is being written (lib/internal/streams/writable.js:
    `writecb`, under a Symbol from 22 on)."""
    state = object_under(stream, "_writableState")
    if state is None:
        return None
    found = callback_of(by_name(state, "writecb") or by_symbol(state, "kWriteCbValue"))
    return None if found is None or found.is_internal else found


def _outside(session: Session, environment: Environment) -> Iterator[ActiveRequest]:
    others = {_QUERY, *_COMPRESSORS}
    names = session.census.tallies(environment.isolate)
    types = session.layout.types
    wanted = {types[name] for name in types if name.endswith("_API_OBJECT")}
    for name in sorted(name for name in names if name.endswith("Job") or name in others):
        for address, map_ in session.census.instances(name, environment.isolate):
            if map_.type not in wanted:
                continue  # the class's prototype, or a class of the program's
            object = environment.reader.value(address | 1)
            if not isinstance(object, JSApiObject):
                continue
            if native_address(environment.reader, object) is not None:
                found = _job(name, object)
                if found is not None:
                    yield found


def _job(name: str, object: JSObject) -> Optional[ActiveRequest]:
    """Work under way: a job that has `ondone` (those that run at once have none), a query, or a
    compressor with a `buffer` (lib/zlib.js takes it away when a chunk is done)."""
    if name in _COMPRESSORS:
        if object_under(object, "buffer") is None:
            return None
        return ActiveRequest(
            kind="compression" if name != "BrotliDecoder" else "decompression",
            object=object,
            listed=False,
            callback=_foreign(by_name(object, "cb")),
            owner=owner_of(object),
        )
    if name == _QUERY:
        return ActiveRequest(
            kind="dns query",
            object=object,
            listed=False,
            callback=users_callback(by_name(object, "callback")),
            host=text_under(object, "hostname"),
        )
    done = by_name(object, "ondone")
    if callback_of(done) is None:
        return None
    context = object_under(object, "context")
    inner = users_callback(by_name(context, "callback")) if context is not None else None
    return ActiveRequest(
        kind=f"{name[: -len('Job')]} job",
        object=object,
        listed=False,
        callback=inner or users_callback(done),
    )


def _foreign(value: Optional[Value]) -> Optional[Callback]:
    found = callback_of(value)
    return None if found is None or found.is_internal else found
