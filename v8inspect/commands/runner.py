"""The one place where a line of words becomes rows, and an exception a message and a status."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, List, Sequence

from v8inspect.commands.context import Context, Output
from v8inspect.commands.pipes import Pipe
from v8inspect.errors import HelpRequested, Interrupted, OutputClosed, UsageError, V8InspectError

if TYPE_CHECKING:
    from v8inspect.commands.host import Host

ANSWERED = 0
FAILED = 1
USAGE = 2
DAMAGED = 3
INTERRUPTED = 130


def split(line: str) -> List[str]:
    """The words of a line, quoted as in a shell; raises UsageError."""
    try:
        words = shlex.shlex(line, posix=True, punctuation_chars="|")
        words.whitespace_split = True
        words.commenters = ""
        return list(words)
    except ValueError as error:
        raise UsageError("", f"{str(error).lower()} in: {line}") from None


def run_line(line: str, host: Host, output: Output) -> int:
    """`run` for a line as it was typed."""
    try:
        words = split(line)
    except UsageError as error:
        output.failure(error, "")
        return USAGE
    return run(words, host, output)


def run(words: Sequence[str], host: Host, output: Output) -> int:
    """Runs one command; what went wrong is said on `output`. Returns the exit status."""
    status = _run(words, host, output)
    return status if status == INTERRUPTED else _keep(status, host, output)


def _run(words: Sequence[str], host: Host, output: Output) -> int:
    command = ""
    try:
        json = False
        while words and words[0] == "--json":
            json, words = True, words[1:]
        if not words or words[0] in ("-h", "--help"):
            words = ["help", *words[1:]]
        pipe = Pipe(words, host.name)
        command = pipe.name
        json = json or pipe.json
        context = Context(host, tuple(words), json)
        output.rows(pipe.rows(context), json)
        _remark(host, output)
        for line in context.notes:
            output.note(line)
        return DAMAGED if context.damaged else ANSWERED
    except HelpRequested as request:
        output.text(request.text)
        return ANSWERED
    except OutputClosed:
        return ANSWERED
    except UsageError as error:
        output.failure(error, command)
        return USAGE
    except (KeyboardInterrupt, Interrupted):
        output.failure(Interrupted(), command)
        return INTERRUPTED
    except V8InspectError as error:
        error.remarks = host.take_warnings()
        output.failure(error, command)
        return FAILED
    except Exception as error:  # a bug of ours must not look like success, nor like a crash
        if os.environ.get("V8INSPECT_DEBUG"):
            import traceback

            output.note(traceback.format_exc().rstrip())
        output.failure(error, command)
        return FAILED


def _keep(status: int, host: Host, output: Output) -> int:
    """Keeps what the command has found. The answer has been given: Ctrl-C spares the rest only."""
    try:
        host.save()
    except (KeyboardInterrupt, Interrupted):
        output.note("note: interrupted: no index was written")
    except Exception as error:
        output.failure(error, "cache")
        return FAILED
    for line in host.take_warnings():
        output.note(f"warning: {line}")
    return status


def _remark(host: Host, output: Output) -> None:
    for line in host.take_warnings():
        output.note(f"warning: {line}")
    for line in host.marks():
        output.note(f"warning: {line}")
    for line in host.take_notes():
        output.note(f"note: {line}")
