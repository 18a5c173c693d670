"""Ctrl-C while something must not break off."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def handled(press: Callable[..., Any]) -> Iterator[None]:
    """Call `press` in place of raising KeyboardInterrupt, while the block runs.

    Only the main thread can; in another one Ctrl-C reaches whoever waits for that thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [
        number
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) is signal.default_int_handler
    ]
    for number in ours:
        signal.signal(number, press)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.default_int_handler)


@contextmanager
def held_back() -> Iterator[None]:
    """Finish the block first: what was done is recorded, the lock is released.

    A second Ctrl-C breaks the block off, as a request may take minutes to fail.
    """
    pressed = False

    def press(*_: object) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    try:
        with handled(press):
            yield
    finally:
        if pressed:
            raise KeyboardInterrupt
