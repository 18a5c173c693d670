"""A Lambda service in memory that behaves, and misbehaves, as AWS's does."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
from copy import deepcopy
from dataclasses import dataclass, field

from tests.fakes.errors import aws_error

HEALTHY = {"statusCode": 200, "body": '{"page": "/_smoke", "count": 0}'}


def code_sha256(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


@dataclass
class FakeLambda:
    """One function, with the methods of boto3's client.

    Attributes:
        code: what `$LATEST` starts with; None if there is no function.
        busy: for how many reads of the configuration an upload stays in progress.
        fail_at: the call that fails, once, with `error`.
        lost: the failing call is carried out; only its response is lost.
        answers: what the code answers, by digest: a payload, or an exception's type and message.
        calls: the names of the writes and invocations, in their order.
        before: what others do just before the next call of that name.
    """

    code: bytes | None = b"first"
    busy: int = 0
    fail_at: str | None = None
    lost: bool = False
    error: Exception = field(default_factory=lambda: aws_error("ServiceException"))
    answers: dict = field(default_factory=dict)
    log_tail: str = ""
    calls: list = field(default_factory=list)
    before: dict = field(default_factory=dict)

    def __post_init__(self):
        self._revisions = itertools.count(1)
        self._numbers = itertools.count(1)
        self._pending = 0
        self.versions, self.alias, self.latest = {}, None, None
        if self.code is not None:
            self.latest = self._made(self.code)
            self.alias = {
                "Name": "live",
                "FunctionVersion": "$LATEST",
                "RevisionId": self._revision(),
            }

    # --- reads

    def get_function_configuration(self, FunctionName, Qualifier="$LATEST"):
        configuration = self._at(Qualifier)
        if self._pending and Qualifier == "$LATEST":
            self._pending -= 1
            return {**deepcopy(configuration), "LastUpdateStatus": "InProgress"}
        return deepcopy(configuration)

    def get_alias(self, FunctionName, Name):
        if self.latest is None or self.alias is None or Name != "live":
            raise aws_error("ResourceNotFoundException")
        return deepcopy(self.alias)

    def get_paginator(self, operation):
        assert operation == "list_versions_by_function"
        return self

    def paginate(self, FunctionName):
        yield {"Versions": [self.latest]}
        yield {"Versions": list(self.versions.values())}

    def invoke(self, FunctionName, Qualifier, InvocationType, LogType, Payload):
        self._call("invoke")
        event = json.loads(Payload)
        assert event["requestContext"]["http"]["method"] == "GET"
        assert event["queryStringParameters"] == {"page": "/_smoke"}
        answer = self.answers.get(self._at(Qualifier)["CodeSha256"], HEALTHY)
        answer = next(answer) if hasattr(answer, "__next__") else answer
        error = (
            {"FunctionError": "Unhandled"}
            if isinstance(answer, dict) and "errorType" in answer
            else {}
        )
        tail = base64.b64encode(self.log_tail.encode()).decode()
        return {
            "StatusCode": 200,
            "Payload": io.BytesIO(json.dumps(answer).encode()),
            "LogResult": tail,
            **error,
        }

    # --- writes

    def update_function_code(self, FunctionName, ZipFile):
        with self._write("update_function_code"):
            self.latest = {
                **self.latest,
                "CodeSha256": code_sha256(ZipFile),
                "RevisionId": self._revision(),
            }
            self._pending = self.busy
            return deepcopy(self.latest)

    def publish_version(self, FunctionName, CodeSha256):
        with self._write("publish_version"):
            if CodeSha256 != self.latest["CodeSha256"]:
                raise aws_error("InvalidParameterValueException")
            last = self.versions.get(max(self.versions, key=int, default=None))
            if last and last["of"] == self.latest["RevisionId"]:
                return deepcopy(last)
            number = str(next(self._numbers))
            version = {**deepcopy(self.latest), "Version": number, "of": self.latest["RevisionId"]}
            self.versions[number] = version
            return deepcopy(self.versions[number])

    def update_alias(self, FunctionName, Name, FunctionVersion, RoutingConfig, RevisionId):
        with self._write("update_alias"):
            if self.alias["RevisionId"] != RevisionId:
                raise aws_error("PreconditionFailedException")
            self._at(FunctionVersion)
            assert RoutingConfig == {"AdditionalVersionWeights": {}}
            self.move(FunctionVersion)
            return deepcopy(self.alias)

    def delete_function(self, FunctionName, Qualifier):
        with self._write("delete_function"):
            if self.alias["FunctionVersion"] == Qualifier:
                raise aws_error("ResourceConflictException")
            del self.versions[Qualifier]

    # --- what others do

    def move(self, version, **more):
        self.alias = {
            "Name": "live",
            "FunctionVersion": version,
            "RevisionId": self._revision(),
            **more,
        }

    def configure(self, **settings):
        self.latest = {**self.latest, **settings, "RevisionId": self._revision()}

    def replace_code(self, data):
        self.configure(CodeSha256=code_sha256(data))

    def _made(self, code):
        return {
            "FunctionName": "resume-test",
            "Version": "$LATEST",
            "CodeSha256": code_sha256(code),
            "Runtime": "python3.13",
            "Handler": "counter.handler",
            "Role": "arn:aws:iam::000000000000:role/resume-test",
            "MemorySize": 128,
            "Timeout": 5,
            "Environment": {"Variables": {"TABLE_NAME": "resume-test-visits"}},
            "Layers": [],
            "TracingConfig": {"Mode": "PassThrough"},
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "RevisionId": self._revision(),
        }

    def _at(self, qualifier):
        if self.alias and qualifier == "live":
            qualifier = self.alias["FunctionVersion"]
        version = self.latest if qualifier == "$LATEST" else self.versions.get(qualifier)
        if version is None:
            raise aws_error("ResourceNotFoundException")
        return version

    def _revision(self):
        return f"revision-{next(self._revisions)}"

    def _call(self, name):
        self.calls.append(name)
        if name in self.before:
            self.before.pop(name)()
        if name == self.fail_at and not self.lost:
            self.fail_at = None
            raise self.error

    def _write(self, name):
        self._call(name)
        if self._pending:
            raise aws_error("ResourceConflictException")
        return _Write(self, name)


@dataclass
class _Write:
    """Carries a write out and loses its response."""

    fake: FakeLambda
    name: str

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None and self.name == self.fake.fail_at:
            self.fake.fail_at = None
            raise self.fake.error
