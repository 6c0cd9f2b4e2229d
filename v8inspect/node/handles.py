"""What keeps an event loop alive: libuv's handles, with the JavaScript objects around them.

Node: src/handle_wrap.h (`state_` before the list node, then the libuv handle behind it),
src/stream_base.h, lib/net.js, lib/dgram.js, lib/internal/child_process.js,
lib/internal/fs/watchers.js, lib/internal/worker.js (18 to 26). Addresses are told as far as
JavaScript keeps them: a server remembers what it was asked to listen on, a socket the addresses
that the program once asked it for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.node import loop as uv
from v8inspect.node.environment import Environment, Wrap
from v8inspect.node.objects import (
    by_name,
    by_symbol,
    class_name,
    integer_under,
    items,
    object_under,
    text_under,
)
from v8inspect.objects.js_object import JSObject
from v8inspect.objects.strings import String

if TYPE_CHECKING:
    from v8inspect.session import Session

_STATE, _HANDLE = -8, 16  # from the list node; Node: HandleWrap { state_, queue node, handle_ }
_STATES = ("open", "closing", "closed")
_BYTES_READ, _BYTES_WRITTEN = 40, 48  # from the list node; Node: StreamResource
_CONNECTION_CB = 224  # uv_stream_t: only what listens has one
_POLL_FD = 152  # uv_poll_t
_ANY = ("0.0.0.0", "[::]")  # a server that listens on all addresses
_STDIO = ("stdin", "stdout", "stderr")
_SIGNALS = {
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS",
    8: "SIGFPE", 9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE",
    14: "SIGALRM", 15: "SIGTERM", 16: "SIGSTKFLT", 17: "SIGCHLD", 18: "SIGCONT", 19: "SIGSTOP",
    20: "SIGTSTP", 21: "SIGTTIN", 22: "SIGTTOU", 23: "SIGURG", 24: "SIGXCPU", 25: "SIGXFSZ",
    26: "SIGVTALRM", 27: "SIGPROF", 28: "SIGWINCH", 29: "SIGIO", 30: "SIGPWR", 31: "SIGSYS",
}  # fmt: skip  # Linux on x64 and arm64


@dataclass(frozen=True)
class ActiveHandle:
    """One handle. What is None can't be told, or does not apply to its kind.

    `object` is the JS object of the handle (TCP, Pipe, …), `owner` what the program knows (a
    Socket, a Server, …). `listed` says whether process._getActiveHandles() would give it; those
    that keep the loop alive are `active` and have a `ref`.
    """

    kind: str
    object: Optional[JSObject]
    owner: Optional[JSObject]
    active: bool
    ref: bool
    state: str  # 'open', 'closing', 'closed'
    address: int  # of the libuv handle
    fd: Optional[int] = None
    local: Optional[str] = None  # address:port or path that it is bound to
    remote: Optional[str] = None
    asked: Optional[str] = None  # what listen() was asked for, where the system chose the port
    host: Optional[str] = None  # the name that was looked up for the remote address
    http: Optional[str] = None  # the request that a socket is busy with
    tls: Optional[JSObject] = None  # the TLSSocket around a socket
    path: Optional[str] = None  # what is watched
    pid: Optional[int] = None
    command: Optional[str] = None
    stdio: Optional[str] = None  # of a pipe to a child process
    signal: Optional[str] = None
    thread_id: Optional[int] = None
    due: Optional[int] = None  # of libuv's timer, milliseconds of the loop's clock
    bytes_read: Optional[int] = None
    bytes_written: Optional[int] = None
    write_queue: Optional[int] = None

    @property
    def keeps_alive(self) -> bool:
        """Whether the loop goes on because of it."""
        return self.active and self.ref

    @property
    def listed(self) -> bool:
        """HandleWrap::HasRef: what process._getActiveHandles() asks."""
        return self.object is not None and self.ref and self.state != "closed"


def active_handles(session: Session, environment: Environment) -> list[ActiveHandle]:
    """All handles of an environment: Node's first, then what libuv's loop has besides."""
    found: list[ActiveHandle] = []
    wrapped: set[int] = set()
    for wrap in environment.handles():
        handle = _wrapped(session, wrap)
        if handle is not None:
            found.append(handle)
            wrapped.add(handle.address)
    if environment.loop is not None:
        for item in environment.loop.handles():
            if item.address not in wrapped:
                found.append(_native(environment, item))
    found = _with_tls(session, environment, _with_ports(found))
    return _with_children(_with_workers(session, environment, found))


def uv_handle(environment: Environment, wrap: Wrap) -> Optional[uv.Handle]:
    """The libuv handle of a HandleWrap, if it points back."""
    reader = environment.reader
    pointer = reader.word(wrap.node + _HANDLE)
    handle = uv.handle_at(reader.memory, pointer) if pointer else None
    return handle if handle is not None and handle.data == wrap.address else None


def owner_of(object: JSObject) -> Optional[JSObject]:
    """Whose handle it is (Node: `handle[owner_symbol]`)."""
    return object_under(object, "owner_symbol")


def _wrapped(session: Session, wrap: Wrap) -> Optional[ActiveHandle]:
    memory = session.memory
    reader = wrap.object.reader
    pointer = reader.word(wrap.node + _HANDLE)
    handle = uv.handle_at(memory, pointer) if pointer else None
    if handle is None or handle.data != wrap.address:
        return None
    state = (reader.word(wrap.node + _STATE) or 0) & 0xFFFF_FFFF
    owner = owner_of(wrap.object)
    kind = handle.kind
    name = class_name(session, wrap.object)
    if handle.type in (uv.TCP, uv.PIPE):
        listens = _listens(handle, wrap)
        kind = f"{kind} server" if listens else "tcp socket" if handle.type == uv.TCP else kind
    elif handle.type == uv.ASYNC:
        kind = "message port" if name == "MessagePort" else kind
    closing = "closing" if handle.is_closing else _STATES[0]
    made = ActiveHandle(
        kind=kind,
        object=wrap.object,
        owner=owner,
        active=handle.is_active,
        ref=handle.has_ref,
        state=_STATES[state] if 0 < state < len(_STATES) else closing,
        address=handle.address,
        fd=handle.fd,
        path=handle.path,
    )
    if handle.type in (uv.TCP, uv.PIPE, uv.TTY) and not handle.on_windows:
        made = replace(
            made,
            bytes_read=reader.word(wrap.node + _BYTES_READ),
            bytes_written=reader.word(wrap.node + _BYTES_WRITTEN),
            write_queue=handle.write_queue_size,
        )
    if handle.type == uv.SIGNAL and handle.number is not None:
        return replace(made, signal=_SIGNALS.get(handle.number, f"signal {handle.number}"))
    if handle.type == uv.PROCESS:
        made = replace(made, pid=handle.number)
    return made if owner is None else _owned(made, owner)


def _listens(handle: uv.Handle, wrap: Wrap) -> bool:
    if handle.on_windows:  # lib/net.js: setupListenHandle
        return object_under(wrap.object, "onconnection") is not None
    return bool(wrap.object.reader.word(handle.address + _CONNECTION_CB))


def _owned(handle: ActiveHandle, owner: JSObject) -> ActiveHandle:
    """With what the owner knows."""
    if handle.pid is not None:
        words = items(by_name(owner, "spawnargs"))
        command = " ".join(word.text() for word in words if isinstance(word, String))
        return replace(handle, command=command or text_under(owner, "spawnfile"))
    if handle.kind.endswith("server"):
        local, asked = _listening(owner)
        return replace(handle, local=local, asked=asked)
    if handle.kind in ("tcp socket", "pipe"):
        remote = address_text(object_under(owner, "_peername")) or _attempted(owner)
        return replace(
            handle,
            local=address_text(object_under(owner, "_sockname")),
            remote=remote,
            host=text_under(owner, "_host"),
            http=_http(owner),
        )
    return handle


def _listening(server: JSObject) -> tuple[Optional[str], Optional[str]]:
    """Where a server listens, or else what it asked for.

    lib/net.js keeps `_pipeName`, and `_connectionKey` as TYPE:ADDRESS:PORT.
    """
    path = text_under(server, "_pipeName")
    if path is not None:
        return path, None
    key = text_under(server, "_connectionKey") or ""
    kind, _, rest = key.partition(":")
    address, _, port = rest.rpartition(":")
    if kind not in ("4", "6") or not port.isdigit():
        return None, None
    text = joined(address, int(port))
    return (text, None) if port != "0" else (None, text)


def _http(socket: JSObject) -> Optional[str]:
    """The HTTP/1 request that a socket is busy with: 'GET /path'.

    lib/_http_client.js: `_httpMessage` of the socket is the ClientRequest, whose `path` is under
    a Symbol from 24 on. lib/_http_server.js: `parser.incoming` is the IncomingMessage, until it is
    complete; then the ServerResponse in `_httpMessage` has it as `req`.
    """
    message = object_under(socket, "_httpMessage")
    parser = object_under(socket, "parser")
    asked = object_under(parser, "incoming") if parser is not None else None
    if message is not None and text_under(message, "method") is None:
        asked = object_under(message, "req") or asked
    for item in (message, asked):
        if item is None:
            continue
        method = text_under(item, "method")
        path = text_under(item, "url") or text_under(item, "path") or _symbol_text(item, "kPath")
        if method is not None and path is not None:
            return f"{method} {path}"
    return None


def _symbol_text(object: JSObject, description: str) -> Optional[str]:
    found = by_symbol(object, description)
    return found.text() if isinstance(found, String) else None


def _attempted(socket: JSObject) -> Optional[str]:
    """The last address that was tried: the one in use (lib/net.js, 18.18 and later)."""
    tried = [item for item in items(by_name(socket, "autoSelectFamilyAttemptedAddresses"))]
    if not tried:
        return None
    last = tried[-1]
    return last.text() if isinstance(last, String) else None


def address_text(name: Optional[JSObject]) -> Optional[str]:
    """The address in what getsockname and getpeername fill in: {address, family, port}."""
    if name is None:
        return None
    address, port = text_under(name, "address"), integer_under(name, "port")
    return None if address is None or port is None else joined(address, port)


def joined(address: str, port: int) -> str:
    """'127.0.0.1:80', '[::1]:80'."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _native(environment: Environment, handle: uv.Handle) -> ActiveHandle:
    """A handle without a JS object. Environment embeds those behind timers, immediates and its
    task queue, which holds a reference for each running Worker and the like (src/env.h)."""
    kind = handle.kind
    if environment.address <= handle.address < environment.address + 0x1000:
        kind = {
            uv.TIMER: "timers",
            uv.IDLE: "immediates",
            uv.ASYNC: "task queue",
        }.get(handle.type, kind)
    fd = None
    if handle.type == uv.POLL and not handle.on_windows:
        fd = (environment.reader.word(handle.address + _POLL_FD) or 0) & 0xFFFF_FFFF
    return ActiveHandle(
        kind=kind,
        object=None,
        owner=None,
        active=handle.is_active,
        ref=handle.has_ref,
        state="closing" if handle.is_closing else "open",
        address=handle.address,
        fd=fd,
        due=handle.due if handle.is_active else None,
    )


def _with_ports(handles: list[ActiveHandle]) -> list[ActiveHandle]:
    """Servers whose port the system chose learn it from a connection that knows its own; accepted
    sockets learn their local address from a server that listens on one address."""
    server_of: dict[int, int] = {}  # by socket
    ports: dict[int, str] = {}  # by server
    for handle in handles:
        if handle.owner is None or handle.kind != "tcp socket":
            continue
        server = object_under(handle.owner, "server") or object_under(handle.owner, "_server")
        if server is not None:
            server_of[handle.owner.address] = server.address
            if handle.local is not None:
                ports[server.address] = handle.local.rpartition(":")[2]
    bound: dict[int, str] = {}  # by server
    for handle in handles:
        if handle.owner is not None and handle.kind == "tcp server":
            server_address = handle.owner.address
            host, _, port = (handle.local or handle.asked or "").rpartition(":")
            port = port if handle.local is not None else ports.get(server_address, "")
            if host and port:
                bound[server_address] = f"{host}:{port}"
    return [_with_port(handle, server_of, bound) for handle in handles]


def _with_port(
    handle: ActiveHandle, server_of: dict[int, int], bound: dict[int, str]
) -> ActiveHandle:
    owner = handle.owner.address if handle.owner is not None else 0
    if handle.asked is not None and owner in bound:
        return replace(handle, local=bound[owner], asked=None)
    if handle.local is None and handle.kind == "tcp socket" and owner in server_of:
        local = bound.get(server_of[owner], "")
        if local and local.rpartition(":")[0] not in _ANY:
            return replace(handle, local=local)
    return handle


def _with_tls(
    session: Session, environment: Environment, handles: list[ActiveHandle]
) -> list[ActiveHandle]:
    """Sockets say which TLSSocket uses them: their owner, or one that has them as its `_parent`
    (lib/internal/tls/wrap.js). HTTP knows the TLSSocket only."""
    around: dict[int, JSObject] = {}
    if any(handle.kind in ("tcp socket", "pipe") for handle in handles):
        for address, _ in session.census.instances("TLSSocket", environment.isolate):
            socket = environment.reader.value(address | 1)
            if isinstance(socket, JSObject):
                parent = object_under(socket, "_parent")
                if parent is not None:
                    around[parent.address] = socket
                around[socket.address] = socket
    made = []
    for handle in handles:
        tls = around.get(handle.owner.address) if handle.owner is not None else None
        if tls is not None:
            handle = replace(handle, tls=tls, http=handle.http or _http(tls))
        made.append(handle)
    return made


def _with_children(handles: list[ActiveHandle]) -> list[ActiveHandle]:
    """Pipes to child processes say whose they are (lib/internal/child_process.js)."""
    ends: dict[int, tuple[int, str]] = {}  # by Socket
    channels: dict[int, tuple[int, str]] = {}  # by Pipe, which nobody owns
    for handle in handles:
        if handle.pid is not None and handle.owner is not None:
            for number, item in enumerate(items(by_name(handle.owner, "stdio"))):
                if isinstance(item, JSObject):
                    name = _STDIO[number] if number < len(_STDIO) else f"stdio[{number}]"
                    ends[item.address] = (handle.pid, name)
            channel = object_under(handle.owner, "kChannelHandle")
            if channel is not None:
                channels[channel.address] = (handle.pid, "ipc")
    handles = [
        replace(handle, pid=channels[handle.object.address][0], stdio="ipc")
        if handle.object is not None and handle.object.address in channels
        else handle
        for handle in handles
    ]
    return [
        replace(handle, pid=ends[handle.owner.address][0], stdio=ends[handle.owner.address][1])
        if handle.owner is not None and handle.owner.address in ends
        else handle
        for handle in handles
    ]


def _with_workers(
    session: Session, environment: Environment, handles: list[ActiveHandle]
) -> list[ActiveHandle]:
    """Message ports of Workers say whose they are (lib/internal/worker.js)."""
    if not any(handle.kind == "message port" for handle in handles):
        return handles
    ports: dict[int, JSObject] = {}
    for address, _ in session.census.instances("Worker", environment.isolate):
        worker = environment.reader.value(address | 1)
        if isinstance(worker, JSObject):
            for port in _ports_of(worker):
                ports[port.address] = worker
    made = []
    for handle in handles:
        owner = ports.get(handle.object.address) if handle.object is not None else None
        if owner is not None:
            native = object_under(owner, "kHandle")
            number = integer_under(native, "threadId") if native is not None else None
            handle = replace(handle, owner=owner, thread_id=number)
        made.append(handle)
    return made


def _ports_of(worker: JSObject) -> Iterator[JSObject]:
    for name in ("kPort", "kPublicPort"):
        port = object_under(worker, name)
        if port is not None:
            yield port
