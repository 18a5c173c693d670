"""Work side by side: the first failure stops the rest, and is the one that is raised."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self, TypeVar

from resumectl.parallel import wait_for_all

T = TypeVar("T")


class Together:
    """A few tasks that may wait for one another's results.

    They run beside the caller's thread, which stays free for Ctrl-C.

    Args:
        tasks: how many there are at most; each has a thread, so none waits for one that cannot
            start.

    Attributes:
        stop: set when a task fails or the caller is interrupted: the others need not go on.
    """

    def __init__(self, tasks: int) -> None:
        self.stop = threading.Event()
        self._pool = ThreadPoolExecutor(tasks, thread_name_prefix="together")
        self._futures: list[Future[Any]] = []
        self._first: BaseException | None = None
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.stop.set()
        self._pool.shutdown()

    def __call__(self, work: Callable[[], T]) -> Future[T]:
        """Start a task."""
        future = self._pool.submit(work)
        future.add_done_callback(self._ended)
        self._futures.append(future)
        return future

    def wait(self) -> None:
        """Return when all tasks have ended; raise the first failure."""
        wait_for_all(self._futures)
        if self._first is not None:
            raise self._first

    def _ended(self, future: Future[Any]) -> None:
        error = future.exception()
        with self._turn:
            if error is not None and self._first is None:
                self._first = error
                self.stop.set()
