"""Every request to the site's bucket names it, and the account that must own it."""

from __future__ import annotations

import ast
import inspect

import pytest

from resumectl.aws import error_code
from resumectl.plan import diff
from resumectl.site import deletion, listing, snapshot, transfer, versions, writer
from resumectl.site.listing import live
from resumectl.site.record import SiteRecord
from tests.unit.site.account import ACCOUNT, SITE, on

OTHERS = "999999999999"
MODULES = (deletion, listing, transfer, versions, writer)


def operations() -> set[str]:
    """The operations that the site's modules call on the bucket."""
    return {
        node.attr
        for module in MODULES
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "bucket"
    } - {"name", "s3"}


def everything(account, site):
    """Deploy, change headers, roll back, delete: every operation."""
    bucket = on(account.s3)
    transfer.refuse_missing_bucket(bucket)
    first = site({"index.html": b"<p>1", "a.css": b"a"})
    written = transfer.apply(bucket, diff("site", {}, snapshot.described(first)), first, {})
    manifest = SiteRecord.of(first, {}, written).objects
    account.put("a.css", b"b", ContentType="x/y")  # somebody else's has no checksum
    now = live(bucket, {})
    back = diff("site", snapshot.live(now), snapshot.described(manifest))
    transfer.restore(bucket, back, manifest, now)
    now = live(bucket, {})
    transfer.apply(bucket, diff("site", snapshot.live(now), {}), {}, now)
    deletion.delete_versions(bucket, [("a.css", written["a.css"])])


def test_every_request_names_the_owner(account, site):
    everything(account, site)
    sent = account.process.sent
    assert {name for name, _ in sent} == operations()
    for name, given in sent:
        assert (given["Bucket"], given["ExpectedBucketOwner"]) == (SITE, ACCOUNT), name
        if name == "copy_object":
            assert given["ExpectedSourceBucketOwner"] == ACCOUNT


def test_a_bucket_that_another_account_took_over_is_not_written(account, site):
    account.bucket.owner = OTHERS
    files = site({"index.html": b"<p>1"})
    with pytest.raises(Exception, match="AccessDenied") as caught:
        transfer.apply(on(account.s3), diff("site", {}, snapshot.described(files)), files, {})
    assert error_code(caught.value) == "AccessDenied"
    assert account.bucket.is_empty
