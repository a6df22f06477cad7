"""A headless Chromium, driven over its debugging pipe."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser")
_SWITCHES = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")

Message = dict[str, Any]


class Page:
    """One tab of a browser."""

    def __init__(self, commands: RawIOBase, answers: BufferedReader) -> None:
        self._commands = commands
        self._answers = answers
        self._last_id = 0
        self._session: str | None = None
        self.events: list[Message] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Message:
        """Sends one command and returns its result; events on the way are kept."""
        self._last_id += 1
        message: Message = {"id": self._last_id, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._last_id:
                assert "error" not in answer, answer
                return dict(answer["result"])
            self.events.append(answer)

    def open(self, url: str) -> None:
        """Goes to a page and waits until it has loaded."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        while not self.named("Page.loadEventFired"):
            self.events.append(self._read())
        self.evaluate("new Promise(done => setTimeout(done, 300))")

    def named(self, method: str) -> list[Message]:
        """The parameters of all events of a kind since the page was opened."""
        return [e["params"] for e in self.events if e.get("method") == method]

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        return result["result"].get("value")

    def _read(self) -> Message:
        data = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser went away"
            data += byte
        return dict(json.loads(bytes(data)))


@contextmanager
def open_page(profile: Path) -> Iterator[Page]:
    """A browser with a profile of its own, ended with the block."""
    assert EXECUTABLE
    to_browser, commands = os.pipe()
    answers, from_browser = os.pipe()
    # Chromium reads its commands from descriptor 3 and answers on 4.
    process = os.posix_spawn(
        EXECUTABLE,
        [EXECUTABLE, *_SWITCHES, "--remote-debugging-pipe", f"--user-data-dir={profile}"],
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_DUP2, to_browser, 3),
            (os.POSIX_SPAWN_DUP2, from_browser, 4),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ],
    )
    os.close(to_browser)
    os.close(from_browser)
    with os.fdopen(commands, "wb", buffering=0) as told, os.fdopen(answers, "rb") as heard:
        try:
            yield Page(told, heard)
        finally:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
