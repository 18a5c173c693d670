"""Which version of each object is served now, from one listing of versions.

botocore converts every element to Python values and parses a date for each object, which takes 16
times as long as reading the XML. Its `before-parse` event lets us read the versions ourselves, for
this operation only and only while listing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from resumectl import aws
from resumectl.parallel import side_by_side
from resumectl.site.manifest import NO_VERSION

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.site.bucket import SiteBucket

_LANES: Final = 32
PAGE: Final = 1000
"""The most that S3 returns for one request."""
_EVENT: Final = "before-parse.s3.ListObjectVersions"
_OK: Final = 200


class Current(NamedTuple):
    """The version of an object that is served."""

    id: str
    etag: str


def current_versions(
    bucket: SiteBucket, expected: Sequence[str], *, page: int = PAGE
) -> dict[str, Current]:
    """Key -> the version of what is served now. A bucket that does not exist has none.

    Each request asks for `page` versions. The listing is split at every `page`-th of the keys that
    are probably there, which must be sorted.
    """
    cuts = expected[page - 1 :: page]
    ranges = list(zip(["", *cuts], [*cuts, ""], strict=True))

    def versions() -> list[dict[str, Current]]:
        return side_by_side(lambda ends: _list(bucket, *ends, page), ranges, lanes=_LANES)

    with _own_parser(bucket.s3):
        parts = aws.found(versions)
    return {key: version for part in parts or () for key, version in part.items()}


def current_version(bucket: SiteBucket, key: str) -> Current | None:
    """The version of one object that is served now, or None."""
    page = bucket.list_object_versions(Prefix=key, MaxKeys=1)
    for entry in page.get("Versions", ()):
        if entry["IsLatest"] and entry["Key"] == key:
            return _current(entry)
    return None


def _current(entry: Mapping[str, Any]) -> Current:
    return Current(entry.get("VersionId", NO_VERSION), entry["ETag"])


def _list(bucket: SiteBucket, after: str, last: str, size: int) -> dict[str, Current]:
    """The versions of the keys after `after`, up to and including `last`. Empty means no limit."""
    versions: dict[str, Current] = {}
    position = {"KeyMarker": after} if after else {}
    while True:
        page = bucket.list_object_versions(MaxKeys=size, **position)
        for entry in page.get("Versions", ()):
            if entry["IsLatest"] and (not last or entry["Key"] <= last):
                versions[entry["Key"]] = _current(entry)
        # S3 lists the newest version of a key first: once `last` was seen, the rest is older.
        if not page.get("IsTruncated") or (last and page["NextKeyMarker"] >= last):
            return versions
        position = {
            "KeyMarker": page["NextKeyMarker"],
            "VersionIdMarker": page["NextVersionIdMarker"],
        }


@contextmanager
def _own_parser(s3: Client) -> Iterator[None]:
    s3.meta.events.register(_EVENT, _read_versions)
    try:
        yield
    finally:
        s3.meta.events.unregister(_EVENT, _read_versions)


def _read_versions(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    """Take the `Version` elements out of the response. botocore still decodes their keys."""
    from xml.etree import ElementTree as ET

    if response_dict["status_code"] != _OK or "Versions" in customized_response_dict:
        return
    root = ET.fromstring(response_dict["body"])  # noqa: S314 (as botocore itself does)
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    elements = root.findall(f"{space}Version")
    customized_response_dict["Versions"] = [
        {
            "Key": element.findtext(f"{space}Key"),
            "VersionId": element.findtext(f"{space}VersionId") or NO_VERSION,
            "ETag": element.findtext(f"{space}ETag") or "",
            "IsLatest": element.findtext(f"{space}IsLatest") == "true",
        }
        for element in elements
    ]
    for element in elements:
        root.remove(element)
    response_dict["body"] = ET.tostring(root)
