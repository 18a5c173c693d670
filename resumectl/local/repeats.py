"""A request that Terraform sends again gets the answer that it did not receive.

AWS's SDKs send a request again if they could not read its response, under the same invocation id.
On a busy machine that happens now and then, although the response was sent. MiniStack would create
a second route, or refuse a second alias. Other clients are left alone: what they do about a lost
response is ours to get right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_KEPT: Final = 1000
"""Answers; the SDK repeats a request within seconds."""
_FAILED: Final = 400
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Repeats:
    """An ASGI application around another one.

    Args:
        inner: the other one.
    """

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._answers: dict[bytes, asyncio.Future[list[Message]]] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Carry out a request, or repeat the answer to it."""
        id_ = _invocation(scope)
        if id_ is None:
            await self._inner(scope, receive, send)
        elif earlier := self._answers.get(id_):
            await self._repeat(await earlier, scope, receive, send)
        else:
            await self._carry_out(id_, scope, receive, send)

    async def _carry_out(self, id_: bytes, scope: Message, receive: Receive, send: Send) -> None:
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)
            await send(message)

        answer = self._answers[id_] = asyncio.get_running_loop().create_future()
        try:
            await self._inner(scope, receive, keep)
        finally:
            done = bool(sent) and sent[0]["status"] < _FAILED
            answer.set_result(sent if done else [])
            if not done:  # it may be carried out again
                self._answers.pop(id_, None)
        if len(self._answers) > _KEPT:
            del self._answers[next(iter(self._answers))]

    async def _repeat(
        self, answer: list[Message], scope: Message, receive: Receive, send: Send
    ) -> None:
        if not answer:
            await self._inner(scope, receive, send)
            return
        while (await receive()).get("more_body"):
            pass  # the connection is only used again if the request was read
        for message in answer:
            await send(message)


def _invocation(scope: Message) -> bytes | None:
    """The id of what may change something for Terraform."""
    if scope["type"] != "http" or scope["method"] in _READS:
        return None
    headers = dict(scope["headers"])
    if b"Terraform" not in headers.get(b"user-agent", b""):
        return None
    id_: bytes | None = headers.get(b"amz-sdk-invocation-id")
    return id_
