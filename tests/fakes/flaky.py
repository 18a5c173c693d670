"""An S3 client whose calls can fail, and whose clock can be set."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable


def aws_error(code):
    return ClientError({"Error": {"Code": code, "Message": "as AWS words it"}}, "Anything")


@dataclass
class Flaky:
    """A client of moto's S3.

    Attributes:
        fail_at: the names of the next calls that fail, in order.
        error: what a failing call raises.
        lost: whether a failing call is carried out all the same and only its response is lost.
        before: what somebody else does just before the next call of that name.
        on_call: told the name of each call.
        age: seconds since the object was written, by S3's clock.
        calls: every call and pagination, as (name, arguments).
    """

    s3: Any
    fail_at: list[str] = field(default_factory=list)
    error: Exception = field(default_factory=lambda: aws_error("PreconditionFailed"))
    lost: bool = False
    before: dict[str, Callable[[], Any]] = field(default_factory=dict)
    on_call: Callable[[str], None] = lambda _: None
    age: float = 0
    calls: list[tuple[str, dict]] = field(default_factory=list)

    def __getattr__(self, name):
        original = getattr(self.s3, name)
        if name == "meta":
            return original
        if name == "get_paginator":
            return lambda operation: SimpleNamespace(
                paginate=lambda **arguments: self._pages(operation, arguments)
            )
        return lambda **arguments: self._call(name, original, arguments)

    def _call(self, name, original, arguments):
        self.calls.append((name, arguments))
        self.on_call(name)
        self.before.pop(name, lambda: None)()
        if self.fail_at[:1] == [name]:
            self.fail_at.pop(0)
            if self.lost:
                original(**arguments)
            raise self.error
        response = original(**arguments)
        if "LastModified" in response:  # the emulation sends no date
            now = response["LastModified"] + timedelta(seconds=self.age)
            response["ResponseMetadata"]["HTTPHeaders"]["date"] = format_datetime(now)
        return response

    def _pages(self, operation, arguments):
        self.calls.append((operation, arguments))
        if self.fail_at[:1] == [operation]:
            self.fail_at.pop(0)
            raise self.error
        yield from self.s3.get_paginator(operation).paginate(**arguments)
