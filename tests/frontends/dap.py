"""A small client of the Debug Adapter Protocol: what an editor does to a debugger, over pipes.

Source: https://microsoft.github.io/debug-adapter-protocol/specification
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from typing import Any, Dict, List, Optional, Sequence

from tests.frontends.run import environment

_SECONDS = 120


class Adapter:
    """A debug adapter that runs until `close`."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        self._sent = 0
        self._received: queue.Queue[Optional[Dict[str, Any]]] = queue.Queue()
        self._waiting: List[Dict[str, Any]] = []  # that nobody asked for yet
        threading.Thread(target=self._read, daemon=True).start()

    def start(self, kind: str, **arguments: Any) -> None:
        """initialize, `kind` ('attach' or 'launch'), configurationDone, as editors do it."""
        self.request("initialize", adapterID="test", linesStartAt1=True, columnsStartAt1=True)
        number = self.send(kind, **arguments)
        self.event("initialized")
        self.request("configurationDone")
        self._answer(number)

    def request(self, command: str, **arguments: Any) -> Dict[str, Any]:
        """The body of the answer; AssertionError when the adapter refuses."""
        return self._answer(self.send(command, **arguments))

    def send(self, command: str, **arguments: Any) -> int:
        """Sends a request; its number."""
        self._sent += 1
        message = {"seq": self._sent, "type": "request", "command": command, "arguments": arguments}
        data = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        self._process.stdin.flush()
        return self._sent

    def event(self, name: str) -> Dict[str, Any]:
        """The next event of that name."""
        return self._wait(lambda m: m["type"] == "event" and m["event"] == name)

    def console(self, line: str) -> str:
        """What the debug console shows for a line that is typed there."""
        body = self.request("evaluate", expression=line, context="repl")
        return str(body["result"])

    def close(self) -> None:
        """Ends the adapter."""
        self._process.kill()
        self._process.wait()

    def _answer(self, number: int) -> Dict[str, Any]:
        answer = self._wait(
            lambda m: m["type"] == "response" and m["request_seq"] == number,
        )
        assert answer["success"], answer
        body: Dict[str, Any] = answer.get("body") or {}
        return body

    def _wait(self, wanted: Any) -> Dict[str, Any]:
        for message in self._waiting:
            if wanted(message):
                self._waiting.remove(message)
                return message
        end = time.monotonic() + _SECONDS
        while True:
            message = self._received.get(timeout=max(0.1, end - time.monotonic()))
            assert message is not None, "the adapter has ended"
            if wanted(message):
                return message
            self._waiting.append(message)

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while True:
            size = 0
            for line in iter(stream.readline, b"\r\n"):
                if not line:
                    self._received.put(None)
                    return
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    size = int(value)
            self._received.put(json.loads(stream.read(size)))
