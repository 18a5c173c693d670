"""S3: buckets, objects, conditional writes and bulk deletions. Lists are in `listing`."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import TYPE_CHECKING, Any

from tests.fakes.aws.bucket import NO_BUCKET, NULL, Bucket
from tests.fakes.aws.hung import BucketLists
from tests.fakes.aws.listing import Listing
from tests.fakes.aws.refusal import Refusal
from tests.fakes.aws.settings import BucketSettings

if TYPE_CHECKING:
    from tests.fakes.aws.bucket import Version
    from tests.fakes.aws.world import Aws

HEADERS = (
    *("ContentType", "CacheControl", "ContentEncoding", "ContentDisposition"),
    *("ContentLanguage", "Metadata", "WebsiteRedirectLocation"),
)
BINARY = "binary/octet-stream"
DELETE_LIMIT = 1000


class S3(BucketSettings, BucketLists, Listing):
    """The S3 of one account; buckets of others are there, but may not be looked at."""

    def __init__(self, aws: Aws, account: str, region: str) -> None:
        self._aws, self._account = aws, account

    def bucket(self, name: str, owner: str | None = None) -> Bucket:
        """A bucket for a call that says whose it must be.

        Raises:
            Refusal: there is none, or it is another account's, or not that one's.
        """
        bucket = self._aws.buckets.get(name)
        if bucket is None or bucket.seems_absent():
            raise Refusal("NoSuchBucket", NO_BUCKET, BucketName=name)
        if bucket.owner != self._account or owner not in (None, bucket.owner):
            raise Refusal("AccessDenied", "Access Denied")
        found: Bucket = bucket
        return found

    # --- buckets

    def create_bucket(self, Bucket: str, region: str, **given: Any) -> dict[str, Any]:
        where = (given.get("CreateBucketConfiguration") or {}).get("LocationConstraint")
        if where is None and region != "us-east-1":
            raise Refusal("IllegalLocationConstraintException", "The region is unspecified.")
        if where == "us-east-1":
            raise Refusal("InvalidLocationConstraint", "The location constraint is not valid")
        existing = self._aws.buckets.get(Bucket)
        if existing and existing.owner != self._account:
            raise Refusal("BucketAlreadyExists", "The requested bucket name is not available.")
        if existing and region != "us-east-1":
            raise Refusal("BucketAlreadyOwnedByYou", "You already own it.", BucketName=Bucket)
        if not existing:
            self._aws.buckets[Bucket] = _made(self._aws, Bucket, self._account, region)
        return {"Location": f"http://{Bucket}.s3.amazonaws.com/"}

    def delete_bucket(self, Bucket: str, ExpectedBucketOwner: str | None = None) -> None:
        if not self.bucket(Bucket, ExpectedBucketOwner).is_empty:
            raise Refusal("BucketNotEmpty", "The bucket you tried to delete is not empty")
        del self._aws.buckets[Bucket]

    def head_bucket(self, Bucket: str, ExpectedBucketOwner: str | None = None) -> dict[str, Any]:
        try:
            return {"BucketRegion": self.bucket(Bucket, ExpectedBucketOwner).region}
        except Refusal as refusal:
            raise _headless(refusal) from None

    def list_buckets(self, **_: Any) -> dict[str, Any]:
        mine = [bucket for bucket in self._aws.buckets.values() if bucket.owner == self._account]
        rows = [{"Name": bucket.name, "CreationDate": bucket.created} for bucket in mine]
        return {"Buckets": sorted(rows, key=lambda row: str(row["Name"]))}

    # --- objects

    def put_object(self, Bucket: str, Key: str, Body: Any = b"", **given: Any) -> dict[str, Any]:
        bucket = self.bucket(Bucket, given.get("ExpectedBucketOwner"))
        with self._aws.lock:
            bucket.require(Key, given)
            seen = bucket.versions(Key)
        body = _bytes(Body)
        checksum = _checksum(body, given)
        with self._aws.lock:
            if _conditional(given) and bucket.versions(Key) != seen:
                raise Refusal("ConditionalRequestConflict", "A conflicting operation occurred.")
            version = bucket.write(Key, body, headers=_headers(given), checksum=checksum)
        return {"ETag": version.etag, **_versioned(version), **_sha256(version)}

    def get_object(self, Bucket: str, Key: str, **given: Any) -> dict[str, Any]:
        from botocore.response import StreamingBody

        version = self._readable(Bucket, Key, given)
        body = version.body or b""
        shown = self._shown(version, given)
        if wanted := given.get("Range"):
            start, end = _range(wanted, len(body))
            shown["ContentRange"] = f"bytes {start}-{end - 1}/{len(body)}"
            body = body[start:end]
        return {
            **shown,
            "ContentLength": len(body),
            "Body": StreamingBody(io.BytesIO(body), len(body)),
        }

    def head_object(self, Bucket: str, Key: str, **given: Any) -> dict[str, Any]:
        try:
            return self._shown(self._readable(Bucket, Key, given), given)
        except Refusal as refusal:
            raise _headless(refusal) from None

    def copy_object(self, Bucket: str, Key: str, CopySource: Any, **given: Any) -> dict[str, Any]:
        bucket = self.bucket(Bucket, given.get("ExpectedBucketOwner"))
        from_bucket, from_key, from_version = _source(CopySource)
        source = self.bucket(from_bucket, given.get("ExpectedSourceBucketOwner")).find(
            from_key, from_version
        )
        if source.is_marker:
            raise Refusal("InvalidRequest", "The source of a copy request may not be a marker")
        replaced = given.get("MetadataDirective") == "REPLACE"
        onto_itself = (from_bucket, from_key) == (Bucket, Key) and from_version is None
        if onto_itself and not replaced:
            raise Refusal("InvalidRequest", "This copy request is illegal: it changes nothing.")
        bucket.require(Key, given)
        checksum = source.checksum
        if given.get("ChecksumAlgorithm") == "SHA256":
            checksum = _digest(source.body or b"")
        headers = _headers(given) if replaced else source.headers
        version = bucket.write(Key, source.body, headers=headers, checksum=checksum)
        result = {"ETag": version.etag, "LastModified": version.time, **_sha256(version)}
        copied = {} if source.id == NULL else {"CopySourceVersionId": source.id}
        return {"CopyObjectResult": result, **_versioned(version), **copied}

    def delete_object(self, Bucket: str, Key: str, **given: Any) -> dict[str, Any]:
        bucket = self.bucket(Bucket, given.get("ExpectedBucketOwner"))
        bucket.require(Key, given)
        return _delete(bucket, Key, given.get("VersionId"))

    def delete_objects(self, Bucket: str, Delete: dict[str, Any], **given: Any) -> dict[str, Any]:
        bucket = self.bucket(Bucket, given.get("ExpectedBucketOwner"))
        if not 0 < len(Delete["Objects"]) <= DELETE_LIMIT:
            raise Refusal("MalformedXML", "The XML you provided was not well-formed.")
        deleted, errors = [], []
        for item in Delete["Objects"]:
            named = {key: item[key] for key in ("Key", "VersionId") if key in item}
            try:
                bucket.refuse_stuck(item["Key"])
                condition = {"IfMatch": item["ETag"]} if "ETag" in item else {}
                bucket.require(item["Key"], condition)
                done = _delete(bucket, item["Key"], item.get("VersionId"))
                deleted.append({**named, **_deleted(done)})
            except Refusal as refusal:
                errors.append({**named, "Code": refusal.code, "Message": refusal.message})
        shown = {} if Delete.get("Quiet") or not deleted else {"Deleted": deleted}
        return {**shown, **({"Errors": errors} if errors else {})}

    # ---

    def _readable(self, name: str, key: str, given: dict[str, Any]) -> Version:
        """The version that a read asks for.

        Raises:
            Refusal: there is none, it is a delete marker, or the read's condition does not hold.
        """
        bucket = self.bucket(name, given.get("ExpectedBucketOwner"))
        version = bucket.find(key, given.get("VersionId"))
        if version.is_marker:
            raise Refusal("MethodNotAllowed", "The specified method is not allowed: a marker.")
        if (wanted := given.get("IfMatch")) and version.etag.strip('"') != wanted.strip('"'):
            raise Refusal("PreconditionFailed", "The condition does not hold.")
        if (other := given.get("IfNoneMatch")) and version.etag.strip('"') == other.strip('"'):
            raise Refusal("304", "Not Modified")
        return version

    def _shown(self, version: Version, given: dict[str, Any]) -> dict[str, Any]:
        checksum = _sha256(version) if given.get("ChecksumMode") == "ENABLED" else {}
        return {
            "AcceptRanges": "bytes",
            "LastModified": version.time,
            "ContentLength": len(version.body or b""),
            "ETag": version.etag,
            **_versioned(version),
            "Metadata": {},
            **version.headers,
            **checksum,
        }


def _made(aws: Aws, name: str, owner: str, region: str) -> Bucket:
    return Bucket(aws, name, owner, region)


def _delete(bucket: Bucket, key: str, version_id: str | None) -> dict[str, Any]:
    if version_id is not None:
        gone = bucket.remove(key, version_id) if bucket.versions(key) else None
        return {"VersionId": version_id, **({"DeleteMarker": True} if _marks(gone) else {})}
    if not bucket.versioning:
        bucket.forget(key)
        return {}
    marker = bucket.write(key, None)
    return {"DeleteMarker": True, "VersionId": marker.id}


def _deleted(done: dict[str, Any]) -> dict[str, Any]:
    if not done.get("DeleteMarker"):
        return {}
    return {"DeleteMarker": True, "DeleteMarkerVersionId": done["VersionId"]}


def _marks(version: Version | None) -> bool:
    return version is not None and version.is_marker


def _headless(refusal: Refusal) -> Refusal:
    """The answer to a HEAD has no body, so its error code is the status."""
    words = {403: "Forbidden", 404: "Not Found", 412: "Precondition Failed"}
    return Refusal(str(refusal.status), words.get(refusal.status, "Bad Request"))


def _conditional(given: dict[str, Any]) -> bool:
    return bool(given.get("IfNoneMatch") or given.get("IfMatch"))


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    try:
        if hasattr(body, "seek"):
            body.seek(0)  # boto3 rewinds a body before it sends it again
        return bytes(body.read())
    except Exception as error:
        raise _not_sent(error) from error


def _not_sent(error: Exception) -> Exception:
    """What botocore makes of an error of the body that it is sending."""
    from botocore.exceptions import HTTPClientError

    return HTTPClientError(error=error)


def _headers(given: dict[str, Any]) -> dict[str, Any]:
    kept = {name: given[name] for name in HEADERS if name in given}
    return {"ContentType": BINARY, **kept}


def _digest(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def _checksum(body: bytes, given: dict[str, Any]) -> str | None:
    """The SHA-256 that S3 keeps, when one was asked for or given.

    Raises:
        Refusal: the given one is not that of the body.
    """
    wanted = given.get("ChecksumSHA256")
    if wanted and wanted != _digest(body):
        raise Refusal("BadDigest", "The SHA256 you specified did not match the calculated one.")
    return _digest(body) if wanted or given.get("ChecksumAlgorithm") == "SHA256" else None


def _sha256(version: Version) -> dict[str, str]:
    if not version.checksum:
        return {}
    kind = "COMPOSITE" if "-" in version.checksum else "FULL_OBJECT"  # of parts: digest-count
    return {"ChecksumSHA256": version.checksum, "ChecksumType": kind}


def _versioned(version: Version) -> dict[str, str]:
    return {} if version.id == NULL else {"VersionId": version.id}


def _source(source: Any) -> tuple[str, str, str | None]:
    if isinstance(source, dict):
        return source["Bucket"], source["Key"], source.get("VersionId")
    path, _, version = str(source).lstrip("/").partition("?versionId=")
    bucket, _, key = path.partition("/")
    return bucket, key, version or None


def _range(wanted: str, size: int) -> tuple[int, int]:
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if start >= size:
        raise Refusal("InvalidRange", "The requested range is not satisfiable")
    return start, end
