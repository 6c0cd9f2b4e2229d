"""libuv's event loop and handles as they lie in memory on 64-bit Linux, Windows and macOS.

libuv 1.44 to 1.52: include/uv.h, include/uv/unix.h, include/uv/win.h, src/unix/core.c,
src/uv-common.h. The public structs are part of libuv's ABI and did not change in these versions.
What all handles have is the same on Windows; streams and sockets have no descriptors there. On
macOS handles are those of Linux, and the loop has greater locks (by the headers; never seen).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Optional

from v8inspect.errors import MemoryUnreadable

if TYPE_CHECKING:
    from v8inspect.memory import Memory

MAX_HANDLES = 1 << 22  # of one loop
MAX_PATH = 4096

ASYNC, CHECK, FS_EVENT, FS_POLL, IDLE, PIPE, POLL, PREPARE = 1, 2, 3, 4, 6, 7, 8, 9
PROCESS, TCP, TIMER, TTY, UDP, SIGNAL = 10, 12, 13, 14, 15, 16
KINDS = {
    ASYNC: "async",
    CHECK: "check",
    FS_EVENT: "fs event",
    FS_POLL: "fs poll",
    IDLE: "idle",
    PIPE: "pipe",
    POLL: "poll",
    PREPARE: "prepare",
    PROCESS: "process",
    TCP: "tcp",
    TIMER: "timer",
    TTY: "tty",
    UDP: "udp",
    SIGNAL: "signal",
}
_STREAMS = (PIPE, TCP, TTY)

# uv_loop_t
_ACTIVE_HANDLES, _HANDLE_QUEUE, _ACTIVE_REQUESTS, _TIME = 8, 16, 32, 544
# On Windows behind stop_flag and the completion port; on macOS a mutex (64 bytes for 40), a lock
# (200 for 56) and a watcher (64 for 56) come before it.
_TIMES = {"windows": 64, "darwin": 720}
# uv_handle_t; what follows it differs by type
_DATA, _LOOP, _TYPE, _QUEUE, _FLAGS, _OWN = 0, 8, 16, 32, 88, 96
_CLOSING, _CLOSED, _ACTIVE, _REF = 1, 2, 4, 8
_WRITE_QUEUE_SIZE, _STREAM_FD = 96, 184  # uv_stream_t
_UDP_FD = 176  # uv_udp_t
_TIMEOUT, _REPEAT = 128, 136  # uv_timer_t
_NUMBER = 104  # uv_process_t.pid, uv_signal_t.signum: behind a callback
_POLL_PATH = 800  # of struct poll_ctx, src/fs-poll.c


@dataclass(frozen=True)
class Handle:
    """A uv_handle_t. `type` is libuv's number; the flags say what libuv's functions would."""

    memory: Memory
    address: int
    data: int
    loop: int
    type: int
    flags: int

    @property
    def kind(self) -> str:
        """'tcp', 'pipe', 'timer', …"""
        return KINDS.get(self.type, f"type {self.type}")

    @property
    def is_active(self) -> bool:
        """uv_is_active: it waits for something."""
        return bool(self.flags & _ACTIVE)

    @property
    def has_ref(self) -> bool:
        """uv_has_ref."""
        return bool(self.flags & _REF)

    @property
    def is_closing(self) -> bool:
        """uv_is_closing."""
        return bool(self.flags & (_CLOSING | _CLOSED))

    @property
    def on_windows(self) -> bool:
        """Whether it has what is private to Windows behind what all handles have."""
        return _on_windows(self.memory)

    @property
    def fd(self) -> Optional[int]:
        """The file descriptor of a stream or socket; None if it has none (yet)."""
        if _on_windows(self.memory):
            return None
        if self.type in _STREAMS:
            return _fd(self.memory, self.address + _STREAM_FD)
        return _fd(self.memory, self.address + _UDP_FD) if self.type == UDP else None

    @property
    def write_queue_size(self) -> Optional[int]:
        """Bytes of a stream that wait to be written."""
        if self.type not in _STREAMS:
            return None
        return _u64(self.memory, self.address + _WRITE_QUEUE_SIZE)

    @property
    def due(self) -> Optional[int]:
        """When a timer is due, in milliseconds of the loop's clock."""
        return _u64(self.memory, self.address + _TIMEOUT) if self.type == TIMER else None

    @property
    def number(self) -> Optional[int]:
        """The process id of a child process, the number of a signal."""
        if self.type not in (PROCESS, SIGNAL):
            return None
        return _i32(self.memory, self.address + _NUMBER)

    @property
    def path(self) -> Optional[str]:
        """What a file watcher watches."""
        pointer = _u64(self.memory, self.address + _OWN)
        if not pointer or self.type not in (FS_EVENT, FS_POLL):
            return None
        if self.type == FS_POLL:
            if _on_windows(self.memory):
                return None  # the structs before the path are of other sizes there
            if _u64(self.memory, pointer) != self.address:
                return None  # not the context of this handle
            pointer += _POLL_PATH
        return c_string(self.memory, pointer)


@dataclass(frozen=True)
class Loop:
    """A uv_loop_t."""

    memory: Memory
    address: int

    @property
    def time(self) -> Optional[int]:
        """uv_now: milliseconds of the monotonic clock when the loop last looked at it."""
        at = _TIMES.get(self.memory.target.facts.platform, _TIME)
        return _u64(self.memory, self.address + at)

    @property
    def active_handles(self) -> Optional[int]:
        """libuv's own count of handles that are active and referenced."""
        return _u32(self.memory, self.address + _ACTIVE_HANDLES)

    @property
    def active_requests(self) -> Optional[int]:
        """libuv's own count of requests under way, work of the thread pool included."""
        return _u32(self.memory, self.address + _ACTIVE_REQUESTS)

    def handles(self) -> Iterator[Handle]:
        """All handles, in order of creation."""
        head = self.address + _HANDLE_QUEUE
        before, node = head, _u64(self.memory, head)
        for _ in range(MAX_HANDLES):
            # Broken where a member does not point back to the one before.
            if not node or node == head or _u64(self.memory, node + 8) != before:
                return
            found = handle_at(self.memory, node - _QUEUE)
            if found is None or found.loop != self.address:
                return
            yield found
            before, node = node, _u64(self.memory, node)


def handle_at(memory: Memory, address: int) -> Optional[Handle]:
    """The uv_handle_t at `address`; None for what can't be one."""
    try:
        data, loop = memory.words(address + _DATA, 2)
        kind, flags = memory.u32(address + _TYPE), memory.u32(address + _FLAGS)
    except MemoryUnreadable:
        return None
    if kind not in KINDS or not _is_loop(memory, loop):
        return None
    return Handle(memory, address, data, loop, kind, flags)


def loop_of_timer(memory: Memory, address: int) -> Optional[Loop]:
    """The loop of the uv_timer_t at `address`; None if there is no timer there."""
    if _u32(memory, address + _TYPE) != TIMER:
        return None
    found = handle_at(memory, address)
    return None if found is None else Loop(memory, found.loop)


def c_string(memory: Memory, address: int) -> Optional[str]:
    """The text up to a zero byte, at most MAX_PATH bytes; None if it is not there."""
    data = memory.target.read_partial(address, MAX_PATH)
    end = data.find(b"\0")
    return None if end < 0 else data[:end].decode("utf-8", "replace")


def _on_windows(memory: Memory) -> bool:
    return memory.target.facts.platform == "windows"


def _is_loop(memory: Memory, loop: int) -> bool:
    """Whether the list of handles closes around the loop."""
    if not loop or loop & 7:
        return False
    head = loop + _HANDLE_QUEUE
    first = _u64(memory, head)
    return bool(first) and first != head and _u64(memory, (first or 0) + 8) == head


def _fd(memory: Memory, address: int) -> Optional[int]:
    fd = _i32(memory, address)
    return None if fd is None or fd < 0 else fd


def _u64(memory: Memory, address: int) -> Optional[int]:
    try:
        return memory.u64(address)
    except MemoryUnreadable:
        return None


def _u32(memory: Memory, address: int) -> Optional[int]:
    try:
        return memory.u32(address)
    except MemoryUnreadable:
        return None


def _i32(memory: Memory, address: int) -> Optional[int]:
    try:
        return memory.i32(address)
    except MemoryUnreadable:
        return None
