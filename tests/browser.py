"""A real headless Chromium, driven over the pipe of its debugging protocol; nothing to install beside the browser."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from select import select
from time import monotonic, sleep
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--lang=zh-CN", "--window-size=1000,1400", "--remote-debugging-pipe",
)  # fmt: skip
LAUNCH = (
    "import fcntl, os, sys; r, w = (fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3]);"
    "os.dup2(r, 3); os.dup2(w, 4); os.execvp(sys.argv[3], sys.argv[3:])"
)
"""The browser speaks on the file descriptors 3 and 4, whatever numbers ours have."""
PATIENCE_S = 30.0


def chromium() -> str | None:
    """Where this machine's Chromium is, if it has one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One page of a running browser. Scripts of pages are off: what works here works without JavaScript."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back = to, back
        self._read = b""
        self._count = 0
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self._call("Target.attachToTarget", {"targetId": target, "flatten": True})
        self._session: str | None = attached["sessionId"]
        self._call("Page.enable", {})
        self._call("Emulation.setScriptExecutionDisabled", {"value": True})

    _session = None

    def open(self, address: str) -> None:
        """Go to an address and wait until it is there."""
        self._leave(lambda: self._call("Page.navigate", {"url": address}))

    def click(self, selector: str) -> None:
        """Click on the first element that matches, as a person would, and wait for the page it leads to."""
        box = self.ask(
            f"(() => {{const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView();"
            " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]})()"
        )
        at = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}

        def press() -> None:
            for kind in ("mousePressed", "mouseReleased"):
                self._call("Input.dispatchMouseEvent", {"type": kind, **at})

        self._leave(press)

    def fill(self, selector: str, value: str) -> None:
        """Put a value into a field of a form."""
        self.ask(f"document.querySelector({json.dumps(selector)}).value = {json.dumps(value)}")

    def text(self, selector: str = "body") -> str:
        """Give the visible text of the first element that matches."""
        found: str = self.ask(f"(document.querySelector({json.dumps(selector)}) || {{innerText: ''}}).innerText")
        return found

    def ask(self, expression: str) -> Any:
        """Evaluate an expression of the debugger in the page."""
        answer = self._call("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def screenshot(self) -> bytes:
        """Give a picture of the page, as PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot", {"captureBeyondViewport": True})["data"])

    def _leave(self, act: Any) -> None:
        self.ask("window.left = true")
        act()
        end = monotonic() + PATIENCE_S
        while self.ask("window.left === true || document.readyState !== 'complete'"):
            assert monotonic() < end, "the page did not change"
            sleep(0.02)

    def _call(self, method: str, params: dict[str, Any]) -> Any:
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        end = monotonic() + PATIENCE_S
        while True:
            answer = self._next(end)
            if answer.get("id") == self._count:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def _next(self, end: float) -> Any:
        while b"\0" not in self._read:
            ready, _, _ = select([self._back], [], [], max(0.0, end - monotonic()))
            assert ready, "the browser does not answer"
            part = os.read(self._back, 1 << 16)
            assert part, "the browser is gone"
            self._read += part
        message, _, self._read = self._read.partition(b"\0")
        return json.loads(message)


@contextmanager
def browsing(program: str) -> Iterator[Browser]:
    """Start a browser with a new profile, and stop it in the end."""
    their_in, to = os.pipe()
    back, their_out = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [sys.executable, "-c", LAUNCH, str(their_in), str(their_out), program, *FLAGS]
        started = subprocess.Popen(
            [*command, f"--user-data-dir={profile}"],
            pass_fds=(their_in, their_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(their_in)
        os.close(their_out)
        try:
            yield Browser(to, back)
        finally:
            os.close(to)  # the browser ends when its pipe does
            os.close(back)
            try:
                started.wait(timeout=10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
