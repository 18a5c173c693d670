"""The process of the embedded cloud: MiniStack's application in a thin shell of ours.

MiniStack writes its state when it is stopped. The shell has it written a moment after every change too, so that a power
cut costs about a second and not the counter. It also keeps the log short, keeps web pages away from MiniStack's
administration, and ends when the project's folder is deleted. Its children end with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from resumectl.local import corrections, javascript, presence
from resumectl.local.folder import LOG, PRESENCE, WHOSE, keep_short

_QUIET_SECONDS, _IDLE_SECONDS, _REST = 0.5, 2.0, 20
_READS = frozenset({"GET", "HEAD", "OPTIONS"})

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class Shell:
    """An ASGI application around another one.

    Args:
        inner: the application.
        folder: the folder of this embedded cloud.
        save: writes the state down.
        forsaken: whether the folder is gone.
        leave: ends this process at once.
    """

    def __init__(
        self,
        inner: Application,
        folder: Path,
        *,
        save: Callable[[], None],
        forsaken: Callable[[], bool],
        leave: Callable[[], None],
    ) -> None:
        self._inner, self._folder = inner, folder
        self._save, self._forsaken, self._leave = save, forsaken, leave
        self._changed = asyncio.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass everything on, except what is ours."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope.get("path") == WHOSE:
            await _answer(send, 200, {"folder": str(self._folder), "pid": os.getpid()})
        elif scope.get("path", "").startswith("/_ministack/") and _from_a_page(scope):
            await _answer(send, 403, {"error": "not for web pages"})
        else:
            await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            await self._inner(scope, receive, send)
        finally:
            if scope.get("method") not in _READS:
                self._changed.set()
            keep_short(self._folder / LOG)

    async def _live(self, scope: Message, receive: Receive, send: Send) -> None:
        saving = asyncio.create_task(self._save_changes())
        try:
            await self._inner(scope, receive, send)
        finally:
            saving.cancel()

    async def _save_changes(self) -> None:
        rest = _QUIET_SECONDS
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _IDLE_SECONDS)
            if self._changed.is_set():
                await asyncio.sleep(rest)  # many changes come together
            if self._forsaken():
                self._leave()
            elif self._changed.is_set():
                self._changed.clear()
                begun = time.monotonic()
                self._save()
                rest = max(_QUIET_SECONDS, _REST * (time.monotonic() - begun))


def main(arguments: Sequence[str]) -> None:
    """Serve on a socket that is already open until told to stop.

    Args:
        arguments: the folder of the embedded cloud, and the number of the socket's descriptor.
    """
    folder, listener = Path(arguments[0]), int(arguments[1])
    held = presence.sign_on(folder / PRESENCE)
    asyncio.run(_serve(folder, listener, held))
    presence.sign_off(held)
    _end_children()


async def _serve(folder: Path, listener: int, held: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack import app as ministack
    from ministack.core import persistence

    persistence.logger.setLevel("WARNING")
    javascript.provide()
    corrections.provide()
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    shell = Shell(
        ministack.app,
        folder,
        save=lambda: persistence.save_all(ministack._build_persistence_save_dict()),  # noqa: SLF001 - its own handler of SIGTERM calls just this
        forsaken=lambda: os.fstat(held).st_nlink == 0,
        leave=_leave,
    )
    await serve(shell, config)  # type: ignore[arg-type]


def _leave() -> None:
    """End without a clean stop: that would write the state of a deleted project back to the disk."""
    _end_children()
    os._exit(1)


def _end_children() -> None:
    """End the processes of Lambda and CloudFront functions. They are all that is in our process group."""
    if os.getpgrp() == os.getpid():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(os.getpgrp(), signal.SIGTERM)


def _from_a_page(scope: Message) -> bool:
    return any(name == b"origin" for name, _ in scope["headers"])


async def _answer(send: Send, status: int, document: dict[str, Any]) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"application/json")],
        }
    )
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
