"""Stands between the driver and the server, and cuts the line where a test wants: at random, or behind a commit.

What travels is Bolt: chunks behind their length, a message ending with an empty one; a request's signature is its
second byte. The server answers requests in order, so the answer to a commit is found by counting.
"""

import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread
from typing import TypeAlias

COMMIT, RUN, PULL = 0x12, 0x10, 0x3F
SUCCESS, RECORD = 0x70, 0x71
Wanted: TypeAlias = Callable[[int, bytes], bool]
"""Whether to cut behind the server's success for a request: its signature, and its bytes with those of its RUN."""


class Proxy:
    """Listens on a loopback port; `cut_next` cuts once, before the client sees the success that is wanted."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self._wanted: Wanted | None = None
        self._open: set[socket.socket] = set()
        self.cuts = 0
        """How often it has cut so far."""
        Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut_next(self, wanted: Wanted) -> None:
        """Cut the next connection on which the server has done what is wanted; the client hears nothing of it."""
        with self._lock:
            self._wanted = wanted

    def close(self) -> None:
        self._listener.close()
        with self._lock:
            lines, self._open = self._open, set()
        for line in lines:
            _kill(line)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
            except OSError:
                return
            with self._lock:
                self._open |= {client, server}
            _Line(self, client, server)

    def is_wanted(self, signature: int, request: bytes) -> bool:
        """Whether to cut behind this success; true once."""
        with self._lock:
            if self._wanted is None or not self._wanted(signature, request):
                return False
            self._wanted = None
            self.cuts += 1
            return True


class _Line:
    """One connection of the driver with its two directions."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._asked: deque[tuple[int, bytes]] = deque()
        Thread(target=self._forward, daemon=True).start()
        Thread(target=self._back, daemon=True).start()

    def _forward(self) -> None:
        """From the driver: remember each request, then pass it on."""
        with suppress(OSError):
            # Without the newest form of handshake, which takes several turns: the server chooses one version at once.
            self._server.sendall(_exactly(self._client, 20).replace(b"\0\0\1\xff", b"\0\0\0\0"))
            statement = b""
            for message, raw in _messages(self._client):
                signature = message[1]
                statement = message if signature == RUN else statement
                self._asked.append((signature, statement))
                self._server.sendall(raw)
        self._end()

    def _back(self) -> None:
        """From the server: behind the success that is wanted, cut instead of passing it on."""
        with suppress(OSError):
            self._client.sendall(_exactly(self._server, 4))
            for message, raw in _messages(self._server):
                if message[1] != RECORD:
                    request, statement = self._asked.popleft()
                    if message[1] == SUCCESS and self._proxy.is_wanted(request, statement):
                        break
                self._client.sendall(raw)
        self._end()

    def _end(self) -> None:
        _kill(self._client)
        _kill(self._server)


def _messages(source: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    """Give each message, and the bytes as they came."""
    message, raw = b"", b""
    while True:
        length = _exactly(source, 2)
        chunk = _exactly(source, int.from_bytes(length, "big"))
        message, raw = message + chunk, raw + length + chunk
        if not chunk and message:
            yield message, raw
            message, raw = b"", b""


def _exactly(source: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = source.recv(count - len(found))
        if not part:
            raise OSError("closed")
        found += part
    return found


def _kill(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        line.close()


@contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    """A proxy in front of a server's port, gone behind the block."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
