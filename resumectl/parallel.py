"""A pool of threads that each take the next item until none is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_AWAKE: Final = 0.5
"""Seconds until the waiting thread looks for Ctrl-C by itself."""


def wait_for_all(futures: Collection[Future[Any]]) -> None:
    """Return when all futures are done.

    The kernel may hand the signal of Ctrl-C to any thread. Python only acts on it in the main
    thread, which would not notice it inside of one endless wait.
    """
    while wait(futures, _AWAKE).not_done:
        pass


def side_by_side(
    work: Callable[[T], R],
    items: Sequence[T],
    *,
    lanes: int,
    done: Callable[[], None] | None = None,
) -> list[R]:
    """`[work(item) for item in items]`, `lanes` at a time.

    A failure or an interrupt stops new items from being started. It is raised once the items in
    progress have ended.

    Args:
        work: called with each item, from any thread.
        items: the items.
        lanes: how many items are in progress at once, at most.
        done: called after each item, from any thread but never twice at the same time.
    """
    queue, turn, stopped = iter(range(len(items))), threading.Lock(), threading.Event()
    results: dict[int, R] = {}

    def take() -> int | None:
        with turn:
            return None if stopped.is_set() else next(queue, None)

    def finish(number: int, result: R) -> None:
        with turn:
            results[number] = result
            if done:
                done()

    def lane() -> None:
        try:
            while (number := take()) is not None:
                finish(number, work(items[number]))
        except BaseException:
            stopped.set()
            raise

    with ThreadPoolExecutor(max(1, min(lanes, len(items)))) as pool:
        running = [pool.submit(lane) for _ in range(min(lanes, len(items)))]
        try:
            wait_for_all(running)
        finally:
            stopped.set()
    for future in running:
        future.result()
    return [results[number] for number in range(len(items))]
