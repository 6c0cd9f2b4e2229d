"""The prompt: commands on one dump, with history and completion; lines of stdin without one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Iterator, Optional

from v8inspect import __version__
from v8inspect.commands.completion import complete
from v8inspect.commands.runner import run_line
from v8inspect.errors import ModuleNeeded, V8InspectError

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completion
    from prompt_toolkit.document import Document

    from v8inspect.commands.context import Output
    from v8inspect.commands.host import Host

_PROMPT = "(v8) "
_LEAVE = ("quit", "exit", "q")


def read_commands(host: Host, output: Output) -> int:
    """Runs lines until the user leaves; the status is that of the last command that failed."""
    try:
        session = host.session()
    except (V8InspectError, KeyboardInterrupt) as error:
        output.failure(error, "")
        return 1
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _run_all(sys.stdin, host, output)
    host.interactive = True
    target = session.target
    print(f"v8inspect {__version__}: {target.name} ({target.facts.format}, {target.arch})")
    print("`help` lists the commands, `quit` or Ctrl-D leaves.")
    for warning in host.take_warnings():
        output.note(f"warning: {warning}")
    for note in host.take_notes():
        output.note(f"note: {note}")
    return _run_all(_typed(host), host, output)


def _run_all(lines: Iterable[str], host: Host, output: Output) -> int:
    status = 0
    for line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line in _LEAVE:
            break
        status = run_line(line, host, output) or status
    return status


def _typed(host: Host) -> Iterator[str]:
    session = _prompt_session(host)
    previous = ""
    while True:
        try:
            line = session.prompt(_PROMPT)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        # As in gdb and lldb, Enter alone goes on with a listing that stopped half-way.
        if not line.strip() and host.pages:
            line = previous
        previous = line
        yield line


def _prompt_session(host: Host) -> PromptSession[str]:
    try:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import Completer, Completion
        from prompt_toolkit.history import FileHistory, History, InMemoryHistory
    except ImportError:
        raise ModuleNeeded("prompt_toolkit", "the prompt") from None

    class Commands(Completer):
        """Command names, then flags."""

        def get_completions(
            self, document: Document, complete_event: CompleteEvent
        ) -> Iterator[Completion]:
            """See prompt_toolkit."""
            words = document.text_before_cursor
            start = (len(words) - len(words.rstrip(" ")) and len(words)) or words.rfind(" ") + 1
            for word in complete(words, host.name):
                yield Completion(word, start_position=start - len(words))

    path = _history_file()
    history: History = FileHistory(str(path)) if path is not None else InMemoryHistory()
    return PromptSession(history=history, completer=Commands(), complete_while_typing=False)


def _history_file() -> Optional[Path]:
    """Where lines are remembered, for this user's eyes only; None where that can't be."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    path = Path(state) / "v8inspect" / "history"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        os.close(descriptor)
        path.chmod(0o600)
    except OSError:
        return None
    return path
