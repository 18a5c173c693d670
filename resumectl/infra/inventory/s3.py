"""S3: the site's bucket and its settings, and settings that nobody declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws
from resumectl.infra.inventory.extra import Extra, declared
from resumectl.infra.inventory.lookup import Account, Lookup, refused

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.infra.inventory.extra import Rows
    from resumectl.infra.state import State
    from resumectl.plan import Fields

_DENIED: Final = {"AccessDenied", "403"}


def _bucket(account: Account, fields: Fields) -> str | None:
    from botocore.exceptions import ClientError

    s3, name = account.client("s3"), str(fields["bucket"])
    owned = {"Bucket": name, "ExpectedBucketOwner": account.deployment.account}
    try:
        versioning = aws.found(s3.get_bucket_versioning, **owned)
    except ClientError as error:
        if aws.error_code(error) not in _DENIED:
            raise
        raise refused(
            f"The bucket {name} belongs to another account, or you have no access to it."
        ) from error
    if versioning is None:
        return None
    tagging = aws.found(s3.get_bucket_tagging, **owned)
    if tagging is None and not versioning.get("Status") and _untouched(s3, owned):
        return name
    return account.ours(name, tagging and tagging["TagSet"])


def _untouched(s3: Client, owned: Mapping[str, str]) -> bool:
    """Whether the bucket is as CreateBucket leaves it: importing it is the same as creating it.

    Terraform tags a bucket just after it created it, and may be killed in between.
    """
    if aws.found(s3.get_bucket_policy, **owned):
        return False
    first = s3.list_object_versions(**owned, MaxKeys=1)
    return not first.get("Versions") and not first.get("DeleteMarkers")


def _part(operation: str, key: str) -> Lookup:
    """A setting of a bucket: it exists if the response of `operation` has something under `key`."""

    def find(account: Account, fields: Fields) -> str | None:
        bucket = str(fields["bucket"])
        response = aws.found(getattr(account.client("s3"), operation), Bucket=bucket)
        return bucket if response and response.get(key) else None

    return Lookup(find, ("bucket",), ("aws_s3_bucket", "bucket"))


LOOKUPS: Final = {
    "aws_s3_bucket": Lookup(_bucket, ("bucket",)),
    "aws_s3_bucket_lifecycle_configuration": _part("get_bucket_lifecycle_configuration", "Rules"),
    "aws_s3_bucket_ownership_controls": _part("get_bucket_ownership_controls", "OwnershipControls"),
    "aws_s3_bucket_policy": _part("get_bucket_policy", "Policy"),
    "aws_s3_bucket_public_access_block": _part(
        "get_public_access_block", "PublicAccessBlockConfiguration"
    ),
    "aws_s3_bucket_server_side_encryption_configuration": _part(
        "get_bucket_encryption", "ServerSideEncryptionConfiguration"
    ),
    "aws_s3_bucket_versioning": _part("get_bucket_versioning", "Status"),
}


@dataclass(frozen=True)
class _Setting:
    """The operations that read and remove a setting of a bucket.

    Attributes:
        type: the Terraform resource that would declare it, without `aws_s3_bucket_`.
        action: the IAM action that reads it.
        default: what S3 says of a bucket that nobody changed.
        argument: the argument of `remove`, if S3 has no operation to delete it; and its value.
    """

    type: str
    read: str
    action: str
    remove: str
    default: Mapping[str, Any] = field(default_factory=dict)
    argument: tuple[str, Mapping[str, Any]] | None = None


_SETTINGS: Final[Mapping[str, _Setting]] = {
    "website": _Setting(
        *("website_configuration", "get_bucket_website", "s3:GetBucketWebsite"),
        "delete_bucket_website",
    ),
    "cors": _Setting(
        *("cors_configuration", "get_bucket_cors", "s3:GetBucketCORS", "delete_bucket_cors"),
    ),
    "lifecycle": _Setting(
        *("lifecycle_configuration", "get_bucket_lifecycle_configuration"),
        *("s3:GetLifecycleConfiguration", "delete_bucket_lifecycle"),
    ),
    "replication": _Setting(
        *("replication_configuration", "get_bucket_replication"),
        *("s3:GetReplicationConfiguration", "delete_bucket_replication"),
    ),
    "logging": _Setting(
        *("logging", "get_bucket_logging", "s3:GetBucketLogging", "put_bucket_logging"),
        argument=("BucketLoggingStatus", {}),
    ),
    "notification": _Setting(
        *("notification", "get_bucket_notification_configuration", "s3:GetBucketNotification"),
        "put_bucket_notification_configuration",
        argument=("NotificationConfiguration", {}),
    ),
    "request-payment": _Setting(
        *("request_payment_configuration", "get_bucket_request_payment"),
        *("s3:GetBucketRequestPayment", "put_bucket_request_payment"),
        default={"Payer": "BucketOwner"},
        argument=("RequestPaymentConfiguration", {"Payer": "BucketOwner"}),
    ),
    "acceleration": _Setting(
        *("accelerate_configuration", "get_bucket_accelerate_configuration"),
        *("s3:GetAccelerateConfiguration", "put_bucket_accelerate_configuration"),
        default={"Status": "Suspended"},
        argument=("AccelerateConfiguration", {"Status": "Suspended"}),
    ),
}
_LISTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "inventory": (
        *("list_bucket_inventory_configurations", "s3:GetInventoryConfiguration"),
        "delete_bucket_inventory_configuration",
    ),
    "analytics": (
        *("list_bucket_analytics_configurations", "s3:GetAnalyticsConfiguration"),
        "delete_bucket_analytics_configuration",
    ),
    "metrics": (
        *("list_bucket_metrics_configurations", "s3:GetMetricsConfiguration"),
        "delete_bucket_metrics_configuration",
    ),
    "intelligent_tiering": (
        *(
            "list_bucket_intelligent_tiering_configurations",
            "s3:GetIntelligentTieringConfiguration",
        ),
        "delete_bucket_intelligent_tiering_configuration",
    ),
}
"""Settings of which a bucket can have several: what reads them, and what deletes one."""


def _setting(name: str) -> Callable[[Client, State], Rows]:
    setting = _SETTINGS[name]

    def find(s3: Client, state: State) -> Rows:
        if f"aws_s3_bucket_{setting.type}" in {resource.type for resource in state.resources}:
            return
        response = aws.found(getattr(s3, setting.read), Bucket=state.outputs["site_bucket"])
        value: dict[str, Any] = {**(response or {})}
        value.pop("ResponseMetadata", None)
        if value and value != setting.default:
            yield name, {"setting": name, "value": value}

    return find


def _remove_setting(s3: Client, state: State, fields: Fields) -> None:
    name, _, id_ = fields["setting"].partition(" ")
    if id_:
        _, _, delete = _LISTS[name]
        getattr(s3, delete)(Bucket=state.outputs["site_bucket"], Id=id_)
        return
    setting = _SETTINGS[name]
    argument = dict([setting.argument] if setting.argument else [])
    getattr(s3, setting.remove)(Bucket=state.outputs["site_bucket"], **argument)


def _listed(name: str) -> Callable[[Client, State], Rows]:
    """Such lists have no paginator. Each configuration has an id of its own."""
    key = f"{''.join(word.capitalize() for word in name.split('_'))}ConfigurationList"

    def find(s3: Client, state: State) -> Rows:
        ours = declared(state, f"aws_s3_bucket_{_TYPES.get(name, name)}", "name")
        read = getattr(s3, _LISTS[name][0])
        more: dict[str, str] = {}
        while True:
            page = read(Bucket=state.outputs["site_bucket"], **more)
            for item in page.get(key, ()):
                if item["Id"] not in ours:
                    yield f"{name} {item['Id']}", {"setting": f"{name} {item['Id']}"}
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    return find


_TYPES: Final = {
    "analytics": "analytics_configuration",
    "intelligent_tiering": "intelligent_tiering_configuration",
    "metrics": "metric",
}
"""Of Terraform, where they differ from S3's name."""
EXTRAS: Final = (
    *(
        Extra(
            *("bucket", "s3", f"the bucket's {name}", setting.action),
            find=_setting(name),
            remove=_remove_setting,
        )
        for name, setting in _SETTINGS.items()
    ),
    *(
        Extra(
            *("bucket", "s3", f"the bucket's {name.replace('_', ' ')}", action),
            find=_listed(name),
            remove=_remove_setting,
        )
        for name, (_, action, _) in _LISTS.items()
    ),
)
