"""What every look-up needs: clients, what makes a resource ours, and what AWS says of something that is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws
from resumectl.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from resumectl.plan import Fields

_ABSENT: Final = {
    *(
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
    ),
    *(
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
        "NoSuchTagSet",
    ),
    *("NoSuchEntity", "NoSuchFunctionExists", "NotFound", "NotFoundException"),
    *("ResourceNotFound", "ResourceNotFoundException"),
}


@dataclass(frozen=True)
class Ask:
    """What a look-up may use.

    Attributes:
        client: gives the boto3 client of a service, in the environment's region or in another one.
        tags: the tags that make a resource ours.
    """

    client: Callable[..., aws.Client]
    account: str
    region: str
    tags: Mapping[str, str]

    def owns(self, tags: object) -> bool:
        """Whether tags are ours; services give a mapping, or a list of keys and values."""
        rows = tags if isinstance(tags, list) else []
        found = tags if isinstance(tags, dict) else {row["Key"]: row["Value"] for row in rows}
        return self.tags.items() <= found.items()

    def ours(self, id_: str, tags: object) -> str:
        """The id, if the tags are ours.

        Raises:
            Refused: they are not.
        """
        if self.owns(tags):
            return id_
        wanted = ", ".join(f"{key}={value}" for key, value in self.tags.items())
        raise refused(f"{id_} exists already, and is not ours: it lacks the tags {wanted}.")


@dataclass(frozen=True)
class Lookup:
    """How one type of resource is found.

    Attributes:
        look: gives what Terraform imports it by, or None when it does not exist.
        needs: the planned fields that it is found by; when one of them is not known, it cannot exist yet.
        parent: a type, and the field that names the resource of that type which this one is part of. Terraform does not
            know it when it would make that one too; what was found of it is filled in.
    """

    look: Callable[[Ask, Fields], str | None]
    needs: tuple[str, ...]
    parent: tuple[str, str] | None = None


def refused(
    message: str, hint: str = "docs/runbook.md, 'Something of that name exists'."
) -> Refused:
    """The error that stops a deploy before it makes or takes over something that may not be ours."""
    return Refused(message, hint=f"Nothing was changed. {hint}", code="exists")


def asked(call: Callable[..., dict[str, Any]], **arguments: object) -> dict[str, Any] | None:
    """The answer, or None when there is no such thing."""
    from botocore.exceptions import ClientError

    try:
        return call(**arguments)
    except ClientError as error:
        if aws.error_code(error) in _ABSENT:
            return None
        raise


def only(ids: list[str], what: str) -> str | None:
    """The one that was found.

    Raises:
        Refused: there are several, and nothing tells which of them is in use.
    """
    if len(ids) > 1:
        raise refused(
            f"There are {len(ids)} {what} with our tags: {', '.join(ids)}.",
            "Delete all but one of them.",
        )
    return ids[0] if ids else None


def listed(
    call: Callable[..., dict[str, Any]], key: str, **arguments: object
) -> Iterator[dict[str, Any]]:
    """The items of one of CloudFront's lists, not all of which have a paginator."""
    marker: str | None = None
    while True:
        answer = call(**arguments, **({"Marker": marker} if marker else {}))[key]
        yield from answer.get("Items", ())
        marker = answer.get("NextMarker")
        if not marker:
            return


def paged(
    client: aws.Client, operation: str, key: str, **arguments: object
) -> Iterator[dict[str, Any]]:
    """The items of a list that has a paginator."""
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]
