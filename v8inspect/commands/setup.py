"""`setup`: makes GDB or LLDB load the commands by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

from v8inspect.commands.arguments import Namespace, arg
from v8inspect.commands.context import Context
from v8inspect.commands.registry import command
from v8inspect.errors import SetupFailed
from v8inspect.rows import Row


@dataclass(frozen=True)
class SetupRow(Row):
    """One step: what it was about, and what was done or found."""

    step: str
    detail: str


@command(
    "setup",
    "makes gdb or lldb offer these commands from their start on",
    arg("debugger", choices=("gdb", "lldb"), help="which one"),
    arg("--debugger", dest="program", metavar="PATH", help="the program to check; else from PATH"),
    arg("--print", dest="show", action="store_true", help="only say what would be done"),
    arg("-y", "--yes", action="store_true", help="do not ask before changing the start-up file"),
    arg("--remove", action="store_true", help="undo it"),
    example="setup gdb",
    front_ends=("shell",),
    details=(
        "Copies the plugin, the core and the compiled scanner into a folder of their own, and adds "
        "one line to ~/.gdbinit or ~/.lldbinit. Needs no network; can be repeated, and must be "
        "after an update of v8inspect."
    ),
)
def setup(ctx: Context, args: Namespace) -> Iterator[SetupRow]:
    """A row for each step."""
    if args.remove:
        yield from _remove(args)
    else:
        yield from _install(ctx, args)


def _install(ctx: Context, args: Namespace) -> Iterator[SetupRow]:
    from v8inspect.install import files, startup_file
    from v8inspect.install.debuggers import DEBUGGERS, find_program

    debugger = DEBUGGERS[args.debugger]
    folder = files.folder_of(debugger)
    startup = debugger.startup_file()
    line = debugger.line(folder)
    program = find_program(debugger, args.program)
    if program is None:
        yield SetupRow("debugger", f"no {debugger.name} found, so nothing could be checked")
    else:
        yield SetupRow("debugger", f"{program}, Python {debugger.check_python(program)}")
    content = startup_file.read(startup)
    changed = startup_file.with_line(content or b"", line.encode(), debugger.ours)
    if args.show:
        yield SetupRow("files", f"would go to {folder}")
        state = "is already in" if changed == content else "would be added to"
        yield SetupRow("start-up file", f"this line {state} {startup}: {line}")
        return
    if changed != content and not args.yes:
        question = f"Add this line to {startup}?\n  {line}\n"
        if not ctx.host.confirm(question):
            raise SetupFailed("nothing was changed", "`--print` shows what would be done")
    with files.staged(debugger, folder) as fresh:
        if program is not None:
            binding = debugger.check_plugin(program, fresh)
            yield SetupRow("plugin", f"loads, scanner through {binding}")
    yield SetupRow("files", str(folder))
    if changed == content:
        yield SetupRow("start-up file", f"{startup} has the line already")
        return
    if content is None:
        files.write_record(folder, {"made": str(startup)})
    startup_file.write(startup, changed)
    yield SetupRow("start-up file", f"line added to {startup}")


def _remove(args: Namespace) -> Iterator[SetupRow]:
    from v8inspect.install import files, startup_file
    from v8inspect.install.debuggers import DEBUGGERS

    debugger = DEBUGGERS[args.debugger]
    folder = files.folder_of(debugger)
    startup = debugger.startup_file()
    content = startup_file.read(startup)
    left = startup_file.without_line(content or b"", debugger.ours)
    made = files.read_record(folder).get("made") == str(startup)
    if args.show:
        yield SetupRow("start-up file", f"the line would be taken from {startup}")
        yield SetupRow("files", f"{folder} would be removed")
        return
    if content is None or left == content:
        yield SetupRow("start-up file", f"{startup} has no line of v8inspect")
    elif made and not left:
        startup.unlink()
        yield SetupRow("start-up file", f"{startup} removed: nothing else was in it")
    else:
        startup_file.write(startup, left)
        yield SetupRow("start-up file", f"line taken from {startup}")
    removed = files.remove(folder)
    yield SetupRow("files", f"{folder} {'removed' if removed else 'was not there'}")
