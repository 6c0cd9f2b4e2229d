"""Server of `program.Forked`: `[seconds, word, …]` in, `[status, out, err, seconds]` back, as lines
of JSON."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from typing import List

from v8inspect.cli import main


def _child(words: List[str], out: int, err: int) -> None:
    """Becomes a run of the program; does not return."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    status = 1
    try:
        status = main(words)
    except SystemExit as request:
        status = request.code if isinstance(request.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status & 0xFF)


def _run(limit: float, words: List[str]) -> List[object]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            _child(words, out.fileno(), err.fileno())
        pause = 0.002
        while True:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - started > limit:
                os.kill(child, signal.SIGKILL)
            time.sleep(pause)
            pause = min(0.02, pause * 1.2)
        seconds = time.monotonic() - started
        code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
        return [code, *texts, seconds]


def warm_up() -> None:
    """Imports what commands import. The program itself is lazy."""
    import v8inspect.analysis.census
    import v8inspect.commands.findjsobjects
    import v8inspect.heap.health
    import v8inspect.heap.selfcheck
    import v8inspect.layout.resolve
    import v8inspect.render.json_lines
    import v8inspect.render.text
    import v8inspect.scan.binding
    import v8inspect.shell.prompt
    import v8inspect.targets

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        main(["help"])
    v8inspect.scan.binding.load()


def serve() -> None:
    """Until stdin ends."""
    warm_up()
    for line in sys.stdin:
        limit, *words = json.loads(line)
        print(json.dumps(_run(limit, words)), flush=True)


if __name__ == "__main__":
    serve()
