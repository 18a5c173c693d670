"""Sequences of calls that the fake AWS and another one (moto, MiniStack) must answer alike.

An answer is compared without what is another at each run: version ids become `v1`, `v2`, ... in the
order in which they appear, and times, owners and request metadata are left out. A refused call is
its error code and its HTTP status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Step = tuple[str, Callable[[Any, dict[str, str]], Any]]

_LEFT_OUT = frozenset(
    [
        *("ResponseMetadata", "LastModified", "Owner", "Initiated", "Date", "CreationDate"),
        *("ServerSideEncryption", "StorageClass", "ChecksumCRC32", "ChecksumCRC64NVME"),
        *("ChecksumType", "ChecksumAlgorithm", "BucketKeyEnabled", "AcceptRanges", "Expiration"),
        *("EncodingType", "Name", "Prefix", "MaxKeys", "KeyMarker", "Metadata", "RequestCharged"),
        *("NextContinuationToken", "VersionIdMarker", "Delimiter", "StartAfter", "Location"),
        *("BucketArn", "BucketRegion", "AccessPointAlias", "ContentEncoding", "Message"),
    ]
)
_VERSIONS = ("VersionId", "CopySourceVersionId", "DeleteMarkerVersionId", "NextVersionIdMarker")


def answers(client: Any, steps: Iterable[Step]) -> Iterator[tuple[str, Any]]:
    """Make the calls one after the other; gives each one's name and outcome."""
    from botocore.exceptions import ClientError

    known: dict[str, str] = {}
    names: dict[str, str] = {}
    for name, call in steps:
        try:
            answer = call(client, known)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            yield name, (error.response["Error"]["Code"], status)
            continue
        if isinstance(answer, dict):
            known |= {
                f"{name} {key}": answer[key] for key in ("VersionId", "ETag") if key in answer
            }
        yield name, _plain(answer, names)


def differences(mine: Any, other: Any, steps: Iterable[Step], known: Iterable[str]) -> list[str]:
    """How two clients' answers to the same calls differ, but for the steps of `known`."""
    steps = tuple(steps)
    pairs = zip(answers(mine, steps), answers(other, steps), strict=True)
    return [
        f"{name}: {answer} is {others}"
        for (name, answer), (_, others) in pairs
        if answer != others and name not in known
    ]


def _plain(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _named(item, names) if key in _VERSIONS else _plain(item, names)
            for key, item in sorted(value.items())
            if key not in _LEFT_OUT and item not in ("", [], None)
        }
    if isinstance(value, list):
        return [_plain(item, names) for item in value]
    return value.read() if hasattr(value, "read") else value


def _named(id_: str, names: dict[str, str]) -> str:
    return "null" if id_ == "null" else names.setdefault(id_, f"v{len(names) + 1}")
