"""The command `v8inspect`: its own options, then one command, or a prompt."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, List, NoReturn, Optional, Sequence

from v8inspect import __version__

if TYPE_CHECKING:
    from v8inspect.commands.host import Source
    from v8inspect.shell.terminal import Terminal

_HELP = """\
v8inspect looks into core dumps of Node.js, and into Node.js processes.

usage: v8inspect -c CORE [-e NODE] [--sysroot DIR] [--json] COMMAND …
       v8inspect -p PID [--no-stop] [--json] COMMAND …
       v8inspect -c CORE [-e NODE]          a prompt; also with -p PID
       v8inspect help [COMMAND]             what there is
       v8inspect setup gdb|lldb             the same commands inside a debugger

  -c, --core CORE    the dump; .zst, .gz, .xz and .lz4 are unpacked
  -p, --pid PID      a process that runs (Linux): stopped for a moment, copied, looked at
  --no-stop          do not stop it: what is read may not fit together
  -e, --exe NODE     the executable that dumped it; found by itself where possible
  --sysroot DIR      where the libraries of the dumped machine are
  --cache            keep what is found on disk, and use it next time (`cache` lists it)
  --json             one JSON object a line for each row
  --no-pager         never page long answers
  --version          the version
  -h, --help         this text

Exit status: 0 answered, 1 no answer, 2 wrong usage, 3 answered, but something was damaged."""

_WITH_VALUE = {
    "-c": "core",
    "--core": "core",
    "-e": "exe",
    "--exe": "exe",
    "--sysroot": "sysroot",
    "-p": "pid",
    "--pid": "pid",
}
_FLAGS = {"--json": "json", "--no-pager": "no_pager", "--no-stop": "no_stop", "--cache": "cache"}
_ANSWERS = {"-h": "help", "--help": "help", "--version": "version"}


class _Options:
    """What stands before the command."""

    def __init__(self, words: Sequence[str]) -> None:
        self.core: Optional[str] = None
        self.exe: Optional[str] = None
        self.sysroot: Optional[str] = None
        self.pid: Optional[str] = None
        self.json = False
        self.no_pager = False
        self.no_stop = False
        self.cache = False
        self.help = False
        self.version = False
        self.command: List[str] = []
        left = list(words)
        while left:
            word = left.pop(0)
            if not word.startswith("-") or word == "-":
                self.command = [word, *left]
                return
            name, equals, value = word.partition("=")
            if word in _FLAGS or word in _ANSWERS:
                setattr(self, _FLAGS.get(word) or _ANSWERS[word], True)
            elif name in _WITH_VALUE and (equals and name.startswith("--")):
                setattr(self, _WITH_VALUE[name], value)
            elif word in _WITH_VALUE:
                if not left:
                    _wrong(f"{word} needs a value")
                setattr(self, _WITH_VALUE[word], left.pop(0))
            elif word[:2] in _WITH_VALUE:
                setattr(self, _WITH_VALUE[word[:2]], word[2:])
            else:
                _wrong(f"no option {word}")


def _wrong(problem: str) -> NoReturn:
    from v8inspect.errors import UsageError

    raise UsageError("", problem)


def _source(options: _Options) -> Optional[Source]:
    """What is to be looked at."""
    from v8inspect.commands.host import Dump, LiveProcess

    if options.pid is None:
        if options.no_stop:
            _wrong("--no-stop goes with -p PID")
        return None if options.core is None else Dump(options.core, options.exe, options.sysroot)
    if options.core is not None:
        _wrong("-c and -p together: one dump or one process")
    if not (options.pid.isascii() and options.pid.isdigit() and 0 < int(options.pid) < 1 << 31):
        _wrong(f"-p takes the number of a process, not {options.pid}")
    from v8inspect.targets.live.room import be_first_to_go

    be_first_to_go()
    return LiveProcess(int(options.pid), options.exe, options.sysroot, not options.no_stop)


def _run(options: _Options, output: Terminal) -> int:
    from v8inspect.commands.runner import run, run_line
    from v8inspect.shell.host import ShellHost

    host = ShellHost(_source(options), output)
    host.keep(options.cache)
    try:
        if not options.command:
            if options.json:
                _wrong("--json needs a command")
            from v8inspect.shell.prompt import read_commands

            return read_commands(host, output)
        words = options.command
        if len(words) == 1 and len(words[0].split()) > 1:
            line = f"--json {words[0]}" if options.json else words[0]
            return run_line(line, host, output)  # 'findjsinstances Foo' as one argument
        return run(["--json", *words] if options.json else words, host, output)
    finally:
        host.close()


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the program; returns its exit status."""
    from v8inspect.errors import V8InspectError

    words = sys.argv[1:] if arguments is None else arguments
    if list(words) == ["--version"]:
        print(f"v8inspect {__version__}")
        return 0
    from v8inspect.errors import UsageError
    from v8inspect.shell.progress import Bar
    from v8inspect.shell.terminal import Terminal

    bar = Bar(enabled=False)
    output = Terminal(bar)
    try:
        options = _Options(words)
        if options.version:
            print(f"v8inspect {__version__}")
            return 0
        if options.help:
            output.text(_HELP)
            return 0
        if not options.command and options.core is None and options.pid is None:
            output.text(_HELP)
            return 2
        if options.no_pager:
            output = Terminal(bar, use_pager=False)
        return _run(options, output)
    except UsageError as error:
        output.failure(error, "")
        return 2
    except V8InspectError as error:
        output.failure(error, "")
        return 1
    except KeyboardInterrupt:
        output.remark("error: interrupted")
        return 130


def entry() -> NoReturn:
    """For `python -m v8inspect`."""
    gc.set_threshold(1 << 16)  # what is made in ten thousands here is rows, and no circles
    sys.exit(main())
