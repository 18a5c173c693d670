"""Every AWS service in one client that answers from a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

from botocore.exceptions import ClientError


@dataclass
class Canned:
    """A client of any service.

    Attributes:
        answers: the response by operation, or an AWS error code; an unlisted operation returns {}.
        calls: every call, as (operation, arguments).
    """

    answers: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)

    def client(self, service, region=None):
        return self

    def get_paginator(self, operation):
        return SimpleNamespace(paginate=lambda **arguments: [getattr(self, operation)(**arguments)])

    def __getattr__(self, operation):
        def call(**arguments):
            self.calls.append((operation, arguments))
            answer = self.answers.get(operation, {})
            if callable(answer):
                answer = answer(**arguments)
            if isinstance(answer, str):
                raise ClientError({"Error": {"Code": answer, "Message": ""}}, operation)
            return {**answer, "ResponseMetadata": {}}

        return call
