"""The errors that end a command: facts in fields, no prose.

`render.errors.explain` is the one place that turns them into text. A damaged value is not an
error: it is a value that says so (see `objects`), and the listing that holds it goes on.
"""

from __future__ import annotations

from typing import Sequence


class V8InspectError(Exception):
    """Base of everything that v8inspect raises on purpose.

    `remarks` are what is known to be wrong with the dump, put in by the runner: a likely cause.
    """

    remarks: Sequence[str] = ()


class MemoryUnreadable(V8InspectError):
    """`size` bytes at `address` are wanted, and `missing` is the first that the dump lacks."""

    def __init__(self, address: int, size: int, missing: int | None = None) -> None:
        super().__init__(address, size, missing)
        self.address = address
        self.size = size
        self.missing = address if missing is None else missing


class DumpError(V8InspectError):
    """The dump file itself is the problem. `path` is the file."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class DumpNotFound(DumpError):
    """No such file, or not a regular file, or no permission; `reason` is the system's word."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path)
        self.reason = reason


class NotADump(DumpError):
    """The file is of no format that we read; `found` says what it looks like."""

    def __init__(self, path: str, found: str) -> None:
        super().__init__(path)
        self.found = found


class DumpDamaged(DumpError):
    """The file is a dump whose structure can't be followed; `what` names the part."""

    def __init__(self, path: str, what: str, offset: int | None = None) -> None:
        super().__init__(path)
        self.what = what
        self.offset = offset


class DumpChanged(DumpError):
    """The file grew or shrank while it was being read (bytes before and now)."""

    def __init__(self, path: str, size: int, now: int) -> None:
        super().__init__(path)
        self.size = size
        self.now = now


class FormatUnsupported(DumpError):
    """A dump of a kind that is recognised and not read: `feature` names the reason."""

    def __init__(self, path: str, feature: str) -> None:
        super().__init__(path)
        self.feature = feature


class NoSpace(DumpError):
    """No room to unpack a compressed dump: `tried` lists (directory, why not)."""

    def __init__(self, path: str, tried: Sequence[tuple[str, str]]) -> None:
        super().__init__(path)
        self.tried = tuple(tried)


class ProcessNotFound(V8InspectError):
    """No process `pid`, or not any more."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.pid = pid


class ProcessRefused(V8InspectError):
    """The system does not let us look into process `pid`; `reason` is its word. `owner`: its uid,
    where that is not ours; `tracer`: what debugs it already; `yama`: ptrace_scope."""

    def __init__(
        self,
        pid: int,
        reason: str,
        owner: int | None = None,
        tracer: int | None = None,
        tracer_name: str | None = None,
        yama: int = 0,
        is_root: bool = False,
    ) -> None:
        super().__init__(pid, reason)
        self.pid = pid
        self.reason = reason
        self.owner = owner
        self.tracer = tracer
        self.tracer_name = tracer_name
        self.yama = yama
        self.is_root = is_root


class NoRoom(V8InspectError):
    """Too little memory for a picture of process `pid`: bytes needed, and free for us."""

    def __init__(self, pid: int, needed: int, free: int) -> None:
        super().__init__(pid, needed, free)
        self.pid = pid
        self.needed = needed
        self.free = free


class NoV8(V8InspectError):
    """The dump is readable and holds no V8 that we can find; `reason` says what was looked for."""

    def __init__(self, dump: str, reason: str) -> None:
        super().__init__(dump, reason)
        self.dump = dump
        self.reason = reason


class NoHeapMemory(NoV8):
    """The dump is of a kind that has stacks and little else: `size` bytes of memory in all. `node`
    is the version of Node.js, where a module of the dump says it."""

    def __init__(self, dump: str, format: str, size: int, node: str | None = None) -> None:
        super().__init__(dump, f"{size} bytes of memory")
        self.format = format
        self.size = size
        self.node = node


class LayoutUnknown(V8InspectError):
    """No table for the V8 `version` of the dump; `known` lists the versions that have one,
    `reasons` what kept the layout from being derived from the dump."""

    def __init__(self, version: str, known: Sequence[str], reasons: Sequence[str] = ()) -> None:
        super().__init__(version, tuple(known), tuple(reasons))
        self.version = version
        self.known = tuple(known)
        self.reasons = tuple(reasons)


class LayoutIncomplete(V8InspectError):
    """The table of `version` lacks the constants `missing` (all of them, at once)."""

    def __init__(self, version: str, missing: Sequence[str]) -> None:
        super().__init__(version, tuple(missing))
        self.version = version
        self.missing = tuple(missing)


class LayoutMismatch(V8InspectError):
    """The self-check says that the layout does not fit the dump; `failed` lists the checks."""

    def __init__(self, version: str, failed: Sequence[str]) -> None:
        super().__init__(version, tuple(failed))
        self.version = version
        self.failed = tuple(failed)


class ScannerMissing(V8InspectError):
    """The compiled scanner can't be loaded; `tried` lists (place, why not)."""

    def __init__(self, tried: Sequence[tuple[str, str]]) -> None:
        super().__init__(tuple(tried))
        self.tried = tuple(tried)


class ModuleNeeded(V8InspectError):
    """An optional Python package is needed for `purpose`; `package` is its name on PyPI, `extra`
    the extra of ours that brings it, '' if none does."""

    def __init__(self, package: str, purpose: str, extra: str = "") -> None:
        super().__init__(package, purpose, extra)
        self.package = package
        self.purpose = purpose
        self.extra = extra


class NothingFound(V8InspectError):
    """A command looked for something by name and there is none; `kind` and `name` say what."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind = kind
        self.name = name


class NotAnObject(V8InspectError):
    """`address` (tagged or not) is no heap object that the command can use; `why` says more."""

    def __init__(self, address: int, why: str) -> None:
        super().__init__(address, why)
        self.address = address
        self.why = why


class UsageError(V8InspectError):
    """Wrong words in a command; `command` is its name ('' for the program), `problem` one line."""

    def __init__(self, command: str, problem: str) -> None:
        super().__init__(command, problem)
        self.command = command
        self.problem = problem


class HelpRequested(V8InspectError):
    """Not a failure: `-h` was given; `text` is the help to print."""

    def __init__(self, command: str, text: str) -> None:
        super().__init__(command, text)
        self.command = command
        self.text = text


class Interrupted(V8InspectError):
    """The user stopped a long stage."""


class Unsupported(V8InspectError):
    """This front end or dump can't serve the request; `what` is a full clause."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class QueryFailed(V8InspectError):
    """A query that the database refuses. `reason` is its word, without values of the dump."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutputClosed(V8InspectError):
    """Nobody reads the output any more (`| head`, a pager that was left): no failure."""


class OutputFailed(V8InspectError):
    """The answer can't be written; `reason` is the system's word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SetupFailed(V8InspectError):
    """`setup` can't do its work: `what` names it, `advice` says what helps."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what, advice)
        self.what = what
        self.advice = advice


class LearningFailed(V8InspectError):
    """`layout learn` can't go on with this Node.js binary: `reason` says why."""

    def __init__(self, node: str, reason: str) -> None:
        super().__init__(node)
        self.node = node
        self.reason = reason
