"""Terraform's repeated request is answered again; everything else is carried out each time."""

from __future__ import annotations

import asyncio
from typing import Any

from resumectl.local.repeats import Repeats

PROVIDER = b"APN/1.0 HashiCorp/1.0 Terraform/1.11.4"
BODY = [{"body": b"x", "more_body": True}, {"body": b"", "more_body": False}]


class Inner:
    """Counts what it carries out; answers with the number."""

    def __init__(self, status: int = 200, held: asyncio.Event | None = None) -> None:
        self.count, self.status, self._held = 0, status, held

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.count += 1
        number = self.count
        if self._held:
            await self._held.wait()
        await send({"type": "http.response.start", "status": self.status})
        await send({"type": "http.response.body", "body": b"%d" % number})


async def ask(
    app: Repeats, id_: bytes = b"1", agent: bytes = PROVIDER, method: str = "POST"
) -> tuple[int, bytes, int]:
    """Status, body, and how much of the request was left unread."""
    sent: list[Any] = []
    unread = list(BODY)

    async def receive() -> Any:
        return unread.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"user-agent", agent), (b"amz-sdk-invocation-id", id_)]
    scope = {"type": "http", "method": method, "path": "/", "headers": headers}
    await app(scope, receive, send)
    return sent[0]["status"], sent[1]["body"], len(unread)


def test_the_same_request_again_gets_the_same_answer() -> None:
    async def story() -> None:
        inner = Inner(201)
        app = Repeats(inner)
        assert (await ask(app))[:2] == (201, b"1")
        assert await ask(app) == (201, b"1", 0)
        assert (await ask(app, b"2"))[:2] == (201, b"2")
        assert inner.count == 2

    asyncio.run(story())


def test_a_request_that_is_still_carried_out_is_waited_for() -> None:
    async def story() -> None:
        held = asyncio.Event()
        inner = Inner(held=held)
        app = Repeats(inner)
        both = [asyncio.create_task(ask(app)) for _ in range(2)]
        await asyncio.sleep(0)
        held.set()
        assert [answer[1] for answer in await asyncio.gather(*both)] == [b"1", b"1"]
        assert inner.count == 1

    asyncio.run(story())


def test_what_failed_is_tried_again() -> None:
    async def story() -> None:
        inner = Inner(503)
        app = Repeats(inner)
        await ask(app)
        inner.status = 200
        assert (await ask(app))[:2] == (200, b"2")

    asyncio.run(story())


def test_reads_and_other_clients_are_left_alone() -> None:
    async def story() -> None:
        inner = Inner()
        app = Repeats(inner)
        for _ in range(2):
            await ask(app, method="GET")
            await ask(app, agent=b"Boto3/1.40")
        assert inner.count == 4

    asyncio.run(story())


def test_the_memory_is_bounded() -> None:
    async def story() -> None:
        inner = Inner()
        app = Repeats(inner)
        for number in range(1100):
            await ask(app, b"%d" % number)
        assert (await ask(app, b"1099"))[1] == b"1100"
        assert (await ask(app, b"0"))[1] == b"1101"

    asyncio.run(story())
