"""Settings of the site's bucket that nobody released: website, CORS, expiry, ..."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resumectl.aws import error_code
from resumectl.infra.unmanaged.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from resumectl.aws import Client
    from resumectl.infra.state import State
    from resumectl.infra.unmanaged.kind import Found


@dataclass(frozen=True)
class _Setting:
    """A setting of a bucket: the resource that tells it, how it is read and taken away, what S3 says without it."""

    type: str
    read: str
    remove: str
    absent: str = ""
    nothing: tuple[str, ...] = ()


_SETTINGS: Final[Mapping[str, _Setting]] = {
    "website": _Setting(
        "aws_s3_bucket_website_configuration",
        "get_bucket_website",
        "delete_bucket_website",
        "NoSuchWebsiteConfiguration",
    ),
    "cors": _Setting(
        "aws_s3_bucket_cors_configuration",
        "get_bucket_cors",
        "delete_bucket_cors",
        "NoSuchCORSConfiguration",
    ),
    "lifecycle": _Setting(
        "aws_s3_bucket_lifecycle_configuration",
        "get_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
        "NoSuchLifecycleConfiguration",
    ),
    "replication": _Setting(
        "aws_s3_bucket_replication_configuration",
        "get_bucket_replication",
        "delete_bucket_replication",
        "ReplicationConfigurationNotFoundError",
    ),
    "logging": _Setting(
        "aws_s3_bucket_logging",
        "get_bucket_logging",
        "put_bucket_logging",
        nothing=("BucketLoggingStatus",),
    ),
    "notification": _Setting(
        "aws_s3_bucket_notification",
        "get_bucket_notification_configuration",
        "put_bucket_notification_configuration",
        nothing=("NotificationConfiguration",),
    ),
}


def _bucket(s3: Client, state: State) -> Iterator[Found]:
    ours = {resource.type for resource in state.resources}
    for name, setting in _SETTINGS.items():
        if setting.type not in ours and (value := _set(s3, state.outputs["site_bucket"], setting)):
            yield name, {"setting": name, "value": value}


def _set(s3: Client, bucket: str, setting: _Setting) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    try:
        answer: dict[str, Any] = getattr(s3, setting.read)(Bucket=bucket)
    except ClientError as error:
        if error_code(error) == setting.absent:
            return {}
        raise
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _unset(s3: Client, state: State, fields: Mapping[str, Any]) -> None:
    setting = _SETTINGS[fields["setting"]]
    nothing: dict[str, Any] = {name: {} for name in setting.nothing}
    getattr(s3, setting.remove)(Bucket=state.outputs["site_bucket"], **nothing)


KINDS: Final = (Kind("bucket", "s3", _bucket, _unset),)
