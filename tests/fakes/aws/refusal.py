"""How a service of the fake AWS says no."""

from __future__ import annotations

from typing import Any

STATUS = {
    "400": 400,
    "403": 403,
    "404": 404,
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "BucketAlreadyExists": 409,
    "BucketAlreadyOwnedByYou": 409,
    "BucketNotEmpty": 409,
    "ConditionalRequestConflict": 409,
    "DeleteConflict": 409,
    "DistributionAlreadyExists": 409,
    "EntityAlreadyExists": 409,
    "FunctionAlreadyExists": 409,
    "InternalError": 500,
    "InvalidIfMatchVersion": 412,
    "InvalidRange": 416,
    "MethodNotAllowed": 405,
    "NotModified": 304,
    "PreconditionFailed": 412,
    "PreconditionFailedException": 412,
    "ResourceConflictException": 409,
    "ServiceException": 500,
    "ServiceUnavailable": 503,
    "SlowDown": 503,
}
"""HTTP status by error code; codes that begin with `NoSuch` are 404, and everything else is 400."""


class Refusal(Exception):
    """A service refuses a call; the client turns it into botocore's ClientError."""

    def __init__(self, code: str, message: str, *, status: int | None = None, **more: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.more = code, message, more
        self.status = status or self._usual_status()

    def _usual_status(self) -> int:
        absent = self.code.startswith("NoSuch") or self.code in (
            "ResourceNotFoundException",
            "NotFoundException",
            "ServerSideEncryptionConfigurationNotFoundError",
            "OwnershipControlsNotFoundError",
            "ReplicationConfigurationNotFoundError",
        )
        return STATUS.get(self.code, 404 if absent else 400)
