from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from resumectl.local import server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

LIMIT = 120.0


class Inner:
    """An application that returns 200, and runs until it is stopped."""

    def __init__(self, stop: asyncio.Event) -> None:
        self.paths: list[str] = []
        self._stop = stop

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._stop.wait()
            return
        self.paths.append(scope["path"])
        await send({"type": "http.response.start", "status": 200})


class Rig:
    """The middleware around `Inner`, which looks at its folder and saves without pauses."""

    def __init__(self, folder: Path, quiet: float = 0.0) -> None:
        self.stop, self.saved, self.left = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.saves = self.looks = self.failures = 0
        self.deleted = False
        self.inner = Inner(self.stop)
        self.middleware = server.Middleware(
            self.inner, folder, self.save, self.look, self.left.set, quiet=quiet, idle=0.001
        )

    def save(self) -> None:
        self.saves += 1
        if self.saves <= self.failures:
            raise OSError(28, "No space left on device")
        self.saved.set()

    def look(self) -> bool:
        self.looks += 1
        return self.deleted

    async def rounds(self, count: int) -> None:
        """Wait until the middleware has looked for changes so many times."""
        end = self.looks + count
        while self.looks < end:
            await asyncio.sleep(0)

    async def request(
        self, method: str, path: str, *headers: tuple[bytes, bytes]
    ) -> tuple[int, bytes]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        await self.middleware(scope, None, send)  # type: ignore[arg-type]
        return sent[0]["status"], sent[-1].get("body", b"")


def live(folder: Path, story: Callable[[Rig], Awaitable[None]], quiet: float = 0.0) -> Rig:
    """Run a story within the lifespan of an application."""

    async def run() -> Rig:
        rig = Rig(folder, quiet)
        task = asyncio.create_task(rig.middleware({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
        async with asyncio.timeout(LIMIT):
            await story(rig)
            rig.stop.set()
            await task
        return rig

    return asyncio.run(run())


def test_changes_that_come_together_are_saved_once(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await asyncio.gather(*(rig.request("POST", "/") for _ in range(20)))
        await rig.saved.wait()
        await rig.rounds(2)

    assert live(tmp_path, story).saves == 1


def test_each_later_change_is_saved(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        for _ in range(3):
            rig.saved.clear()
            await rig.request("PUT", "/")
            await rig.saved.wait()

    assert live(tmp_path, story).saves == 3


def test_a_save_that_failed_is_repeated_without_another_change(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.failures = 2
        await rig.request("PUT", "/")
        await rig.saved.wait()
        await rig.rounds(2)

    assert live(tmp_path, story).saves == 3


def test_reads_are_not_saved(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert (await rig.request("GET", "/"))[0] == 200
        await rig.rounds(3)

    assert live(tmp_path, story).saves == 0


def test_a_change_is_not_saved_before_it_is_quiet(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.request("POST", "/")
        for _ in range(100):
            await asyncio.sleep(0)

    assert live(tmp_path, story, quiet=LIMIT * 10).saves == 0


def test_it_exits_without_saving_when_its_folder_is_deleted(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.deleted = True
        await rig.request("POST", "/")
        await rig.left.wait()

    assert live(tmp_path, story).saves == 0


def test_it_identifies_itself_by_its_folder(tmp_path: Path) -> None:
    status, body = asyncio.run(Rig(tmp_path).request("GET", "/_resumectl"))
    assert (status, json.loads(body)["folder"]) == (200, str(tmp_path))


def test_web_pages_cannot_reach_the_administration(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    origin = (b"origin", b"https://evil.example")
    assert asyncio.run(rig.request("POST", "/_ministack/reset", origin))[0] == 403
    assert rig.inner.paths == []
    assert asyncio.run(rig.request("POST", "/_ministack/reset"))[0] == 200
    assert asyncio.run(rig.request("POST", "/api/count", origin))[0] == 200
    assert rig.inner.paths == ["/_ministack/reset", "/api/count"]


def test_a_long_log_is_rotated_after_a_request(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x" * 5_000_000)
    asyncio.run(Rig(tmp_path).request("GET", "/"))
    assert (tmp_path / "log").stat().st_size == 0
