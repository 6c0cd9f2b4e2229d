"""`nodeinfo`: which program this was, as its `process` object says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, Iterator, List, Optional

from v8inspect.commands.arguments import Namespace
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.rows import Address, Row

if TYPE_CHECKING:
    from v8inspect.session import Session


@dataclass(frozen=True)
class NodeInfoRow(Row):
    """One `process` object. None and empty: the dump does not hold it; `absent` names all such.

    `layout` is the version of V8 whose table the dump was read with; not `layout_verified`: this
    V8 has none, and its layout was derived. `limits` has max_old_generation_size,
    max_semi_space_size and heap_size_limit in bytes.
    """

    process: Address
    isolate: int
    pid: Optional[int]
    platform: Optional[str]
    arch: Optional[str]
    version: Optional[str]
    v8: str
    versions: Dict[str, str]
    release: Dict[str, str]
    execPath: Optional[str]
    argv: List[str]
    execArgv: List[str]
    absent: List[str]
    versions_address: Optional[Address]
    release_address: Optional[Address]
    argv_address: Optional[Address]
    execArgv_address: Optional[Address]
    limits: Dict[str, Optional[int]]
    layout: str
    layout_verified: bool


@command(
    "nodeinfo",
    "shows the versions of Node.js and its parts, platform, pid and arguments",
    example="nodeinfo",
    see=("findjsobjects", "doctor"),
    details=(
        "Read from the `process` object of every thread that runs JavaScript. What JavaScript\n"
        "only gets by asking the system (process.title, process.ppid) is not in a dump's heap."
    ),
)
def nodeinfo(ctx: Context, args: Namespace) -> Iterator[NodeInfoRow]:
    """A row for each isolate that has a process object, the main thread's first."""
    from v8inspect.errors import NothingFound
    from v8inspect.node.process import processes

    found = False
    for info in processes(ctx.session):
        found = True
        yield NodeInfoRow(
            process=Address(info.address),
            isolate=info.isolate,
            pid=info.pid,
            platform=info.platform,
            arch=info.arch,
            version=info.version,
            v8=ctx.session.layout.version,
            versions=dict(info.versions),
            release=dict(info.release),
            execPath=info.exec_path,
            argv=list(info.argv),
            execArgv=list(info.exec_argv),
            absent=list(info.absent),
            versions_address=_address(info.versions_address),
            release_address=_address(info.release_address),
            argv_address=_address(info.argv_address),
            execArgv_address=_address(info.exec_argv_address),
            limits=_limits(ctx.session, info.isolate),
            layout=ctx.session.layout.table,
            layout_verified=ctx.session.layout.verified,
        )
    if not found:
        raise NothingFound("objects named", "process")


def _address(word: Optional[int]) -> Optional[Address]:
    return None if word is None else Address(word)


def _limits(session: Session, isolate: int) -> Dict[str, Optional[int]]:
    from v8inspect.node.memory_limits import memory_limits

    limits = memory_limits(session, session.heap.isolates[isolate])
    return {
        "max_old_generation_size": limits.max_old_generation_size,
        "max_semi_space_size": limits.max_semi_space_size,
        "heap_size_limit": limits.heap_size_limit,
    }
