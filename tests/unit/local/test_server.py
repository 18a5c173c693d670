from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.local import server

if TYPE_CHECKING:
    from pathlib import Path


class Inner:
    """An application that answers 200, and lives until it is told to stop."""

    def __init__(self, stop: asyncio.Event) -> None:
        self.seen: list[str] = []
        self._stop = stop

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._stop.wait()
            return
        self.seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 200})


class Rig:
    def __init__(self, folder: Path) -> None:
        self.stop, self.saved, self.left = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.saves = 0
        self.forsaken = False
        self.inner = Inner(self.stop)
        self.shell = server.Shell(
            self.inner, folder, save=self.save, forsaken=lambda: self.forsaken, leave=self.left.set
        )

    def save(self) -> None:
        self.saves += 1
        self.saved.set()

    async def request(
        self, method: str, path: str, *headers: tuple[bytes, bytes]
    ) -> tuple[int, bytes]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        await self.shell(scope, None, send)  # type: ignore[arg-type]
        return sent[0]["status"], sent[-1].get("body", b"")

    async def live(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self.shell({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        return task


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(server, "_IDLE_SECONDS", 0.01)


def test_changes_are_saved_and_reads_are_not(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        task = await rig.live()
        assert (await rig.request("GET", "/"))[0] == 200
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rig.saved.wait(), 0.05)
        await asyncio.gather(*(rig.request("POST", "/") for _ in range(20)))
        await asyncio.wait_for(rig.saved.wait(), 5)
        assert rig.saves == 1
        rig.stop.set()
        await task

    asyncio.run(story())


def test_it_leaves_when_its_folder_is_gone(tmp_path: Path) -> None:
    async def story() -> None:
        rig = Rig(tmp_path)
        task = await rig.live()
        rig.forsaken = True
        await asyncio.wait_for(rig.left.wait(), 5)
        assert rig.saves == 0
        rig.stop.set()
        await task

    asyncio.run(story())


def test_it_says_whose_it_is(tmp_path: Path) -> None:
    status, body = asyncio.run(Rig(tmp_path).request("GET", "/_resumectl"))
    assert (status, json.loads(body)["folder"]) == (200, str(tmp_path))


def test_web_pages_are_kept_from_the_administration(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    page = (b"origin", b"https://evil.example")
    assert asyncio.run(rig.request("POST", "/_ministack/reset", page))[0] == 403
    assert rig.inner.seen == []
    assert asyncio.run(rig.request("POST", "/_ministack/reset"))[0] == 200
    assert asyncio.run(rig.request("POST", "/api/count", page))[0] == 200
    assert rig.inner.seen == ["/_ministack/reset", "/api/count"]
