"""The process of the embedded cloud: MiniStack's application behind a small middleware.

MiniStack saves its state only when it is stopped. The middleware also saves it shortly after each
change, so that a power cut loses about a second of changes. It rotates the log, blocks web pages
from MiniStack's administration, and ends the process when the project's folder is deleted.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resumectl.local import corrections, javascript, pidfile, saving
from resumectl.local.folder import LOG, PIDFILE, STATE, rotate
from resumectl.local.ports import IDENTITY
from resumectl.local.repeats import Application, Message, Receive, Repeats, Send

_SAVING_SHARE = 20
"""Saving takes at most one part in so many of the time, however large the state is."""
_LOGGER = logging.getLogger(__name__)
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(eq=False)
class Middleware:
    """An ASGI application around another one.

    It saves the state `quiet` seconds after a change, since changes come in groups. Every `idle`
    seconds it looks whether the folder was deleted, and leaves the process if so.
    """

    inner: Application
    folder: Path
    save: Callable[[], None]
    deleted: Callable[[], bool]
    leave: Callable[[], None]
    quiet: float = 0.5
    idle: float = 2.0
    _changed: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Handle our own requests, and pass on all others."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope.get("path") == IDENTITY:
            await _respond(send, 200, {"folder": str(self.folder), "pid": os.getpid()})
        elif scope.get("path", "").startswith("/_ministack/") and _from_web_page(scope):
            await _respond(send, 403, {"error": "not for web pages"})
        else:
            await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            await self.inner(scope, receive, send)
        finally:
            if scope.get("method") not in _READS:
                self._changed.set()
            rotate(self.folder / LOG)

    async def _lifespan(self, scope: Message, receive: Receive, send: Send) -> None:
        saving = asyncio.create_task(self._save_changes())
        try:
            await self.inner(scope, receive, send)
        finally:
            saving.cancel()

    async def _save_changes(self) -> None:
        pause = self.quiet
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self.idle)
            if self._changed.is_set():
                await asyncio.sleep(pause)
            if self.deleted():
                self.leave()
            elif self._changed.is_set():
                begun = time.monotonic()
                self._save()
                pause = max(self.quiet, _SAVING_SHARE * (time.monotonic() - begun))

    def _save(self) -> None:
        """Save; if that fails, again after the next pause."""
        self._changed.clear()
        try:
            self.save()
        except Exception:
            self._changed.set()
            _LOGGER.exception("The state could not be saved.")


def main(arguments: Sequence[str]) -> None:
    """Serve until told to stop. The arguments are the folder and the descriptor of the socket."""
    folder, listener = Path(arguments[0]), int(arguments[1])
    held = pidfile.acquire(folder / PIDFILE)
    asyncio.run(_serve(folder, listener, held))
    pidfile.mark_stopped(held)
    _end_children()


async def _serve(folder: Path, listener: int, held: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack import app as ministack
    from ministack.core import persistence

    def save() -> None:
        states = ministack._build_persistence_save_dict()  # noqa: SLF001
        saving.save(folder / STATE, states, saving.encode)

    def deleted() -> bool:
        return os.fstat(held).st_nlink == 0

    persistence.logger.setLevel("WARNING")
    javascript.install()
    corrections.install()
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    middleware = Middleware(
        Repeats(ministack.app),
        folder,
        save=save,
        deleted=deleted,
        leave=_leave,
    )
    await serve(middleware, config)  # type: ignore[arg-type]
    if not deleted():
        save()  # MiniStack has saved, too, but says nothing if it could not


def _leave() -> None:
    """Exit without a clean stop, which would write a deleted project's state back to disk."""
    _end_children()
    os._exit(1)


def _end_children() -> None:
    """End the processes of Lambda and CloudFront functions, the others in our process group."""
    if os.getpgrp() == os.getpid():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(os.getpgrp(), signal.SIGTERM)


def _from_web_page(scope: Message) -> bool:
    return any(name == b"origin" for name, _ in scope["headers"])


async def _respond(send: Send, status: int, document: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
