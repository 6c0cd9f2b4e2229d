"""`process`: a paragraph for each."""

from __future__ import annotations

from typing import Optional

from v8inspect.analysis.node_process import ProcessRow
from v8inspect.render.text import Line, Lines, Part, view
from v8inspect.render.views.node_handles import callback_parts
from v8inspect.render.views.nodeinfo import limits_text

_UNKNOWN = "-"


@view(ProcessRow)
def _process(row: ProcessRow) -> Lines:
    worker = f", isolate {row.isolate}" if row.isolate else ""
    who = f"Process {_UNKNOWN if row.pid is None else row.pid}{worker} (process="
    node = f"Node.js {row.version or _UNKNOWN} on {row.platform or _UNKNOWN} {row.arch or ''}"
    lines = Lines([(who, Part("address", str(row.address)), f"): {node}")])
    lines.append(_field("Executable", row.execPath))
    lines += _words("Arguments", row.argv)
    lines += _words("Node.js arguments", row.execArgv)
    lines.append(_field("Working directory", row.cwd))
    lines.append(_field("Started", row.started))
    uptime = None if row.uptime is None else f"{_duration(row.uptime)} (by the event loop's clock)"
    lines.append(_field("Uptime", uptime))
    lines.append(_field("Memory limits", limits_text(row.limits)))
    if row.exitCode is not None:
        lines.append(_field("Exit code", str(row.exitCode)))
    if row.exiting:
        lines.append(_field("Exiting", "yes"))
    if row.versions:
        text = ", ".join(f"{name} {version}" for name, version in row.versions.items())
        lines.append(_field("Versions", text))
    if row.listeners:
        lines.append("Listeners:")
        for item in row.listeners:
            lines.append(("    ", Part("name", item.event), ": ", *callback_parts(item.callback)))
    return Lines([*lines, *_environment(row)])


def _environment(row: ProcessRow) -> Lines:
    when = "" if row.env_current is not False else ", as the process was started"
    if row.env is not None:
        pairs: list[Line] = [
            (f"    {name} = ", Part("string", text)) for name, text in sorted(row.env.items())
        ]
        return Lines([f"Environment variables{when}:", *pairs])
    if row.env_names is None:
        return Lines([_field("Environment variables", None)])
    names = ", ".join(row.env_names)
    return Lines([(f"Environment variables (--env shows values{when}): ", names)])


def _field(title: str, text: Optional[str]) -> Line:
    return (f"{title}: ", _UNKNOWN if text is None else Part("string", text))


def _words(title: str, words: list[str]) -> Lines:
    if not words:
        return Lines()
    found: list[Line] = [(f"    [{i}] = ", Part("string", text)) for i, text in enumerate(words)]
    return Lines([f"{title}:", *found])


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    shown = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join([*shown, f"{rest:.3f} s" if not shown else f"{rest:.0f} s"])
