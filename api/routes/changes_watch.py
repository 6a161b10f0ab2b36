"""Waiting for what is new: one look at the store in a while serves every reader that waits for it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from api.edge import Edge
from engine.change_feed import Place
from graph_model.errors import Overloaded

_LOOK_S = 0.05
"""How old an answer may be that a waiting reader gets, and how often each asks."""


def is_stopping(app: Starlette) -> bool:
    """Whether the server that serves `app` was told to stop: it waits for its readers to go."""
    return bool(getattr(getattr(app.state, "server", None), "should_exit", False))


@dataclass(slots=True)
class Watch:
    """The readers of the feed that wait, and the latest version as last seen for them."""

    edge: Edge
    _readers: int = field(default=0, init=False)
    _seen: int = field(default=0, init=False)
    _seen_at: float = field(default=float("-inf"), init=False)

    def see_that_there_is_room(self) -> None:
        """Raise `Overloaded` where `feed_limit_readers` wait already."""
        if self._readers >= self.edge.settings.feed_limit_readers:
            raise Overloaded("等待变更的读者过多 too many readers wait for changes", hint="请稍后再试 try again")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count one reader while it waits."""
        self.see_that_there_is_room()
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1

    async def something_new(self, place: Place, seconds: float, app: Starlette) -> bool:
        """Wait, at most `seconds`, until there is something to tell to a reader at `place`; not once we stop."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not await self._is_behind(place):
            left = end - loop.time()
            if left <= 0 or is_stopping(app):
                return False
            await asyncio.sleep(min(_LOOK_S, left))
        return True

    async def _is_behind(self, place: Place) -> bool:
        now = asyncio.get_running_loop().time()
        if not 0 <= now - self._seen_at < _LOOK_S:
            self._seen_at = now  # before the look: who comes meanwhile takes the last answer
            self._seen = await run_in_threadpool(self.edge.service.store.latest_version)
        return place.version < self._seen or (place.day is not None and place.day < self.edge.today())
