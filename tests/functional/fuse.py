"""The end of a process, or other trouble, at a call of its choice.

A killed process makes no call any more, whichever of its threads tries: what it would write at its
end is not written.
"""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.fakes.errors import aws_error

if TYPE_CHECKING:
    from collections.abc import Callable


class Killed(BaseException):
    """The process is no more. Nothing but a test catches it."""


class Fuse:
    """Counts the calls of a process, two for each: before it is sent, and after it was carried out.

    Args:
        at: the count at which the process dies; None for never.
    """

    def __init__(self, at: int | None = None) -> None:
        self.at, self.count, self.burnt = at, 0, False
        self._lock = threading.Lock()

    def step(self) -> None:
        with self._lock:
            self.count += 1
            self.burnt = self.burnt or self.count == self.at
            if self.burnt:
                raise Killed


class Fault(Fuse):
    """A fuse that does not kill: AWS refuses a call, once or from then on.

    Args:
        at: the count at which it does.
        code: how AWS says it.
        lasting: from then on.
    """

    def __init__(self, at: int, code: str, *, lasting: bool) -> None:
        super().__init__()
        self._from, self._code, self._lasting = at, code, lasting
        self.met = False

    def step(self) -> None:
        super().step()
        if self.count == self._from or (self._lasting and self.count > self._from):
            self.met = True
            raise aws_error(self._code)


class Fused:
    """A client whose every call burns down the fuse."""

    def __init__(
        self, client: Any, fuse: Fuse, note: Callable[[str, dict[str, Any]], None]
    ) -> None:
        self._client, self._fuse, self._note = client, fuse, note

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name == "meta":
            return found
        if name == "get_paginator":
            return lambda operation: SimpleNamespace(
                paginate=lambda **given: self._pages(found(operation), given)
            )
        return lambda *positional, **given: self._call(found, positional, given)

    def _call(self, operation: Any, positional: Any, given: Any) -> Any:
        self._fuse.step()
        answer = operation(*positional, **given)
        self._note(operation.__name__, given)
        self._fuse.step()
        return answer

    def _pages(self, paginator: Any, given: Any) -> Any:
        for page in paginator.paginate(**given):
            self._fuse.step()
            yield page
