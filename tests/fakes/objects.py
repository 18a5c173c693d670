"""A project bucket in memory: conditional writes, listings, failures on demand."""

from __future__ import annotations

import io
import itertools
import threading
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError


def aws_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as AWS words it"}}, "Anything")


class Objects:
    """The S3 client that `ProjectBucket` uses.

    Attributes:
        objects: bodies and ETags by key; None if there is no bucket.
        calls: (operation, key) of each call.
        fails: what a call raises, by operation or by (operation, key).
    """

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] | None = None
        self.calls: list[tuple[str, str]] = []
        self.fails: dict[Any, BaseException] = {}
        self.meta = SimpleNamespace(endpoint_url="http://127.0.0.1")
        self._etags, self._lock = itertools.count(1), threading.RLock()

    @property
    def keys(self) -> list[str]:
        return sorted(self.objects or ())

    # --- the bucket

    def create_bucket(self, **_: Any) -> None:
        self._call("create_bucket")
        self.objects = {}

    def get_bucket_versioning(self, **_: Any) -> dict[str, str]:
        self._call("get_bucket_versioning")
        self._all()
        return {"Status": "Enabled"}

    def _put_setting(self, **_: Any) -> None:
        self._call("put_setting")
        self._all()

    put_public_access_block = put_bucket_encryption = _put_setting
    put_bucket_lifecycle_configuration = put_bucket_versioning = _put_setting

    # --- objects

    def put_object(self, Key: str, Body: bytes, **given: Any) -> dict[str, str]:
        with self._lock:
            self._call("put_object", Key)
            self._require(Key, given)
            etag = f'"{next(self._etags)}"'
            self._all()[Key] = (Body, etag)
            return {"ETag": etag}

    def get_object(self, Key: str, **_: Any) -> dict[str, Any]:
        with self._lock:
            self._call("get_object", Key)
            if Key not in self._all():
                raise aws_error("NoSuchKey")
            body, etag = self._all()[Key]
            answer = {"Body": io.BytesIO(body), "ETag": etag, "LastModified": datetime.now(UTC)}
            return {**answer, "ResponseMetadata": {"HTTPHeaders": {}}}

    def delete_object(self, Key: str, **given: Any) -> None:
        with self._lock:
            self._call("delete_object", Key)
            self._require(Key, given)
            self._all().pop(Key, None)

    def list_objects_v2(self, Prefix: str, **_: Any) -> dict[str, Any]:
        with self._lock:
            self._call("list_objects_v2", Prefix)
            return {"Contents": [{"Key": key} for key in self._all() if key.startswith(Prefix)]}

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **given: self._pages(operation, given))

    def _pages(self, operation: str, given: dict[str, Any]) -> Any:
        yield getattr(self, operation)(**given)

    # ---

    def _call(self, operation: str, key: str = "") -> None:
        self.calls.append((operation, key))
        error = self.fails.get((operation, key)) or self.fails.get(operation)
        if error:
            raise error

    def _all(self) -> dict[str, tuple[bytes, str]]:
        if self.objects is None:
            raise aws_error("NoSuchBucket")
        return self.objects

    def _require(self, key: str, given: dict[str, Any]) -> None:
        etag = self._all().get(key, (b"", None))[1]
        taken = bool(given.get("IfNoneMatch") and etag)
        if taken or ("IfMatch" in given and etag != given["IfMatch"]):
            raise aws_error("PreconditionFailed")
