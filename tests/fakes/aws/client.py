"""boto3 clients of the fake AWS.

Each one is a real boto3 client (methods, paginators, waiters, exception classes) whose requests go
to the fake instead of the network. Arguments are checked against AWS's own service model, so a call
that boto3 refuses is refused here. As boto3 does, each one emits `before-send` before a request.
"""

from __future__ import annotations

import copy
import functools
import threading
from typing import TYPE_CHECKING, Any

from tests.fakes.aws.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from tests.fakes.machine import Process

_LOCK = threading.Lock()


@functools.cache
def _template(service: str, region: str) -> Any:
    return _session().client(service, region_name=region)


@functools.cache
def _session() -> Any:
    """One session for all: each reads AWS's service models anew."""
    import boto3

    return boto3.Session("fake", "fake")


_VALID: set[tuple[Any, ...]] = set()
"""The forms of calls that botocore found valid: it takes longer than most calls here."""


def _form(service: str, operation: str, arguments: dict[str, Any]) -> tuple[Any, ...] | None:
    """What the validity of a call follows from; None if that is too much to remember."""
    values = arguments.values()
    if not all(isinstance(value, (str, int, bytes)) for value in values):
        return None
    kept = [value if isinstance(value, (str, int)) else b"" for value in values]
    return service, operation, *arguments, *map(type, values), *kept


@functools.lru_cache(maxsize=64)
def _date(now: datetime) -> str:
    from email.utils import format_datetime

    return format_datetime(now, usegmt=True)


class Client:
    """One service in one region, as one process reaches it. `boto` is what code gets."""

    def __init__(self, process: Process, service: str, region: str) -> None:
        from botocore.hooks import HierarchicalEmitter

        with _LOCK:  # preparing a client is not safe in two threads
            template = _template(service, region)
        self._process, self._service, self._region = process, service, region
        self.boto = object.__new__(type(template))
        self.boto.__dict__.update(template.__dict__)
        self.boto.__dict__["_make_api_call"] = self._make_api_call
        self.boto.meta = copy.copy(template.meta)
        self.boto.meta.events = HierarchicalEmitter()

    def _make_api_call(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        from botocore import xform_name

        self._check(operation, arguments)
        name = xform_name(operation)
        try:
            answer = self._send(operation, name, arguments)
        except Refusal as refusal:
            raise self._error(operation, refusal) from None
        return {**answer, "ResponseMetadata": self._metadata()}

    def _send(self, operation: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        from tests.fakes.machine import Suspended

        service = self.boto.meta.service_model.service_id.hyphenize()
        key = str(arguments.get("Key", ""))
        while True:
            self._process.wait_until_resumed()
            self.boto.meta.events.emit(f"before-send.{service}.{operation}", request=None)
            self._process.sent.append((name, arguments))
            try:
                answer = self._process.call(lambda: self._carry_out(name, arguments), name, key)
            except Suspended:
                self._process.sent.remove((name, arguments))
                continue
            return dict(answer)

    def _check(self, operation: str, arguments: dict[str, Any]) -> None:
        from botocore.exceptions import ParamValidationError
        from botocore.validate import ParamValidator

        form = _form(self._service, operation, arguments)
        if form in _VALID:
            return
        shape = self.boto.meta.service_model.operation_model(operation).input_shape
        if isinstance(arguments.get("CopySource"), dict):  # boto3 turns it into a header first
            arguments = {**arguments, "CopySource": "as a header"}
        report = ParamValidator().validate(arguments, shape) if shape else None
        if report and report.has_errors():
            raise ParamValidationError(report=report.generate_report())
        if form:
            _VALID.add(form)

    def _carry_out(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        aws, process = self._process.aws, self._process
        answer: dict[str, Any] = aws.carry_out(
            process.account, self._region, self._service, name, arguments
        )
        return answer

    def _metadata(self, status: int = 200) -> dict[str, Any]:
        headers = {"date": _date(self._process.aws.clock.now().replace(microsecond=0))}
        return {"HTTPStatusCode": status, "HTTPHeaders": headers, "RetryAttempts": 0}

    def _error(self, operation: str, refusal: Refusal) -> Exception:
        answer = {
            "Error": {"Code": refusal.code, "Message": refusal.message, **refusal.more},
            "ResponseMetadata": self._metadata(refusal.status),
        }
        error: Exception = self.boto.exceptions.from_code(refusal.code)(answer, operation)
        return error
