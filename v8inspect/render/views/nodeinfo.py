"""`nodeinfo`: the paragraphs of llnode's, with what a dump can't tell at the end."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence

from v8inspect.commands.nodeinfo import NodeInfoRow
from v8inspect.render.text import Line, Lines, Part, view

_UNKNOWN = "-"


@view(NodeInfoRow)
def _info(row: NodeInfoRow) -> Lines:
    who = f"process id {row.pid}" if row.pid is not None else "a process of unknown id"
    worker = f", isolate {row.isolate}" if row.isolate else ""
    lines = Lines([(f"Information for {who}{worker} (process=", _at(row.process), ")")])
    lines.append(
        f"Platform = {row.platform or _UNKNOWN}, Architecture = {row.arch or _UNKNOWN}, "
        f"Node Version = {row.version or _UNKNOWN}"
    )
    lines += _pairs("Component versions", "process.versions", row.versions_address, row.versions)
    lines += _pairs("Release Info", "process.release", row.release_address, row.release)
    lines.append(("Executable Path = ", Part("string", row.execPath or _UNKNOWN)))
    lines += _words("Command line arguments", "process.argv", row.argv_address, row.argv)
    lines += _words(
        "Node.js Command line arguments",
        "process.execArgv",
        row.execArgv_address,
        row.execArgv,
    )
    lines.append(f"Memory limits: {limits_text(row.limits)}")
    if row.absent:
        lines.append(("Not in the dump: ", Part("faint", ", ".join(row.absent))))
    return lines


def limits_text(limits: Mapping[str, Optional[int]]) -> str:
    """'old generation 1,234 MiB, semi-space 8 MiB, whole heap 1,258 MiB'; '-' for the unknown."""
    names = {
        "old generation": "max_old_generation_size",
        "semi-space": "max_semi_space_size",
        "whole heap": "heap_size_limit",
    }
    return ", ".join(f"{title} {_mebibytes(limits.get(name))}" for title, name in names.items())


def _mebibytes(size: Optional[int]) -> str:
    if size is None:
        return _UNKNOWN
    return f"{size >> 20:,} MiB" if size % (1 << 20) == 0 else f"{size / (1 << 20):,.1f} MiB"


def _at(address: Optional[int]) -> Part:
    return Part("address", _UNKNOWN if address is None else f"{int(address):#x}")


def _pairs(title: str, name: str, address: Optional[int], pairs: Mapping[str, str]) -> list[Line]:
    lines: list[Line] = [(f"{title} ({name}=", _at(address), "):")]
    return lines + [(f"    {key} = ", Part("string", text)) for key, text in pairs.items()]


def _words(title: str, name: str, address: Optional[int], words: Sequence[str]) -> list[Line]:
    lines: list[Line] = [(f"{title} ({name}=", _at(address), "):")]
    return lines + [(f"    [{i}] = ", Part("string", text)) for i, text in enumerate(words)]
