"""Changes of what resumectl uploads: the objects of the site, the code of the function."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tests.e2e.account import zipped
from tests.e2e.tampering.one import Tampering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.account import Account

EXTRA = {
    "evil.html": b"x",
    "deep/er/evil.js": b"x",
    "empty": b"",
    "späße & mehr.txt": b"x",
    "INDEX.HTML": b"x",
    "index.html.bak": b"x",
    "100%/a+b.html": b"x",
    ".well-known/security.txt": b"x",
    "index.html/": b"x",
}


def site(account: Account) -> Iterator[Tampering]:
    """Changes of objects."""
    put = partial(account["s3"].put_object, Bucket=account.site_bucket)
    for key in account.pages():
        yield from _object(account, key)
    for key, body in EXTRA.items():
        undo = partial(_restore, account, key, account.versions(account.site_bucket, key))
        yield Tampering(
            f"{key}: extra", key, ("site", key, "unmanaged"), partial(put, Key=key, Body=body), undo
        )


def _object(account: Account, key: str) -> Iterator[Tampering]:
    s3, where = account["s3"], {"Bucket": account.site_bucket, "Key": key}
    head, body = s3.head_object(**where), account.page(key)
    undo = partial(_restore, account, key, account.versions(account.site_bucket, key))

    def put(body: bytes, **headers: Any) -> None:
        s3.put_object(
            Body=body,
            **where,
            **{name: head[name] for name in ("ContentType", "CacheControl")} | headers,
        )

    def one(what: str, kind: str | None, do: Callable[[], object]) -> Tampering:
        return Tampering(f"{key}: {what}", key, ("site", key, kind) if kind else None, do, undo)

    yield one("other bytes", "object", partial(put, b"<h1>other</h1>"))
    yield one("as many other bytes", "object" if body else None, partial(put, body[::-1]))
    yield one("no bytes", "object" if body else None, partial(put, b""))
    yield one(
        "other bytes and headers", "object", partial(put, b"other", ContentType="text/x-other")
    )
    yield one("Content-Type", "headers", partial(put, body, ContentType="text/x-other"))
    yield one("Cache-Control", "headers", partial(put, body, CacheControl="max-age=5"))
    yield one("Content-Encoding", "headers", partial(put, body, ContentEncoding="br"))
    yield one("Content-Disposition", "headers", partial(put, body, ContentDisposition="attachment"))
    yield one("metadata", "headers", partial(put, body, Metadata={"by": "nobody"}))
    yield one("redirect", "headers", partial(put, body, WebsiteRedirectLocation="/elsewhere"))
    yield one("deleted", "deleted", partial(s3.delete_object, **where))
    yield one("deleted and put back", None, partial(put, body))
    yield one(
        "a tag",
        None,
        partial(s3.put_object_tagging, **where, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}),
    )


def _restore(account: Account, key: str, before: list[tuple[str, str]]) -> None:
    """Delete every version that is newer."""
    for other, version in account.versions(account.site_bucket, key):
        if other == key and (key, version) not in before:
            account["s3"].delete_object(Bucket=account.site_bucket, Key=key, VersionId=version)


def function(account: Account) -> Iterator[Tampering]:
    """Changes of the code and the alias. Publishes versions that are not live."""
    client, name = account["lambda"], account.outputs["function_name"]
    released = account.release()["function"]
    upload = partial(client.update_function_code, FunctionName=name)
    configure = partial(client.update_function_configuration, FunctionName=name)
    publish = partial(client.publish_version, FunctionName=name)
    point = partial(client.update_alias, FunctionName=name, Name="live")

    configure(MemorySize=512)
    larger = publish()["Version"]
    configure(MemorySize=128)
    upload(ZipFile=zipped())
    other = publish()["Version"]
    restore = partial(upload, ZipFile=account.zip(released["sha256"]))
    restore()

    def alias(what: str, kind: str | None, **to: Any) -> Tampering:
        back = partial(
            point,
            FunctionVersion=released["version"],
            RoutingConfig={"AdditionalVersionWeights": {}},
        )
        expected = ("function", "live", kind) if kind else None
        return Tampering(f"live: {what}", "live", expected, partial(point, **to), back)

    yield alias("another version", "code", FunctionVersion=other)
    yield alias("an unpublished one", "code", FunctionVersion="$LATEST")
    yield alias(
        "part of the traffic", "code", RoutingConfig={"AdditionalVersionWeights": {other: 0.1}}
    )
    yield alias("other settings", "settings", FunctionVersion=larger)
    latest = ("function", "$LATEST", "code")
    yield Tampering(
        "$LATEST: other code", "$LATEST", latest, partial(upload, ZipFile=zipped()), restore
    )
    yield Tampering("$LATEST: the same code again", "$LATEST", None, restore, restore)
