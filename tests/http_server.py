"""A real server on a free loopback port, in a thread of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

from fastapi import FastAPI

from api.app import server_of
from api.settings import Settings


@contextmanager
def running(app: FastAPI, settings: Settings) -> Iterator[str]:
    """Serve `app` until the block ends; gives its address."""
    server = server_of(app, settings)
    thread = Thread(target=server.run)
    thread.start()
    try:
        end = monotonic() + 20
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            assert monotonic() < end, "the server did not start in time"
            sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        assert not thread.is_alive(), "the server did not stop"
