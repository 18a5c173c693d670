"""Uploading, restoring and deleting: the order, the failures, and that nothing is left to do."""

from __future__ import annotations

import base64
import hashlib
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from resumectl.errors import BuildError, CloudError
from resumectl.plan import diff
from resumectl.settings import CacheRule
from resumectl.site import snapshot
from resumectl.site.listing import live
from resumectl.site.record import SiteRecord
from resumectl.site.scan import scan
from resumectl.site.transfer import apply, restore
from tests.fakes.faults import Fault
from tests.unit.site.account import Account, on

EMPTY = base64.b64encode(hashlib.sha256().digest()).decode()
"""The checksum of no bytes."""


def deploy(account, files, released=None, **options):
    """Deploy the files; returns the new manifest."""
    objects = live(on(account.s3), released or {})
    changes = diff("site", snapshot.live(objects), snapshot.described(files))
    account.forget_calls()
    written = apply(on(account.s3), changes, files, objects, **options)
    return SiteRecord.of(files, objects, written).objects


def remaining(account, files):
    return diff("site", snapshot.live(live(on(account.s3), {})), snapshot.described(files))


def batches(account):
    """The keys of each bulk deletion."""
    return [keys for operation, keys in account.calls if operation == "delete_objects"]


def test_after_a_deploy_nothing_is_left_to_do(account, site):
    files = site({"index.html": b"<p>", "a b/ü+%.css": b"x", "empty.txt": b""})
    manifest = deploy(account, files)
    assert remaining(account, files) == ()
    assert {key: entry.version_id for key, entry in manifest.items()} == account.versions
    deploy(account, files, manifest)
    assert account.writes == []


def test_assets_are_written_first_then_pages_then_deletions_pages_first(account, site):
    account.put("old.css", b"", ContentType="text/css")
    account.put("zold.html", b"", ContentType="text/html")
    deploy(account, site({"a.html": b"", "b.html": b"", "x.css": b"", "z.js": b""}))
    order = [key for _, key in account.writes]
    assert set(order[:2]) == {"x.css", "z.js"}
    assert set(order[2:4]) == {"a.html", "b.html"}
    assert order[4:] == [("zold.html", "old.css")]


def test_no_page_starts_before_the_last_asset_ends(account, site):
    page_started, overlaps = threading.Event(), []
    account.fail(
        Fault("delay", key="index.html", meanwhile=page_started.set),
        Fault("delay", key="slow.css", meanwhile=lambda: overlaps.append(page_started.wait(0.05))),
    )
    deploy(account, site({"index.html": b"", "fast.css": b"", "slow.css": b""}))
    assert overlaps == [False]
    assert page_started.is_set()


def test_headers_are_corrected_without_an_upload(account, site):
    files = {"a.css": b"x", "b.css": b"y"}
    manifest = deploy(account, site(files))
    edited = site(files, [CacheRule("a.css", "max-age=7")])
    after = deploy(account, edited, manifest)
    assert account.writes == [("copy_object", "a.css")]
    assert after["a.css"].version_id != manifest["a.css"].version_id
    assert remaining(account, edited) == ()


def test_headers_that_somebody_added_are_removed(account, site):
    files = site({"a.css": b"x"})
    deploy(account, files)
    headers = {"ContentType": files["a.css"].content_type, "ContentDisposition": "attachment"}
    account.put("a.css", b"x", **headers, CacheControl=files["a.css"].cache_control)
    assert [change.fields for change in remaining(account, files)] == [("content_disposition",)]
    deploy(account, files)
    assert remaining(account, files) == ()


def test_after_a_failed_upload_the_next_deploy_does_the_rest(account, site):
    files = site({"index.html": b"", **{f"{n}.css": b"x" for n in range(50)}})
    account.fail(Fault("refuse", call="put_object", key="7.css"))
    with pytest.raises(ClientError):
        deploy(account, files)
    assert ("put_object", "index.html") not in account.calls
    uploaded = set(account.served)
    deploy(account, files)
    assert {key for _, key in account.writes} == set(files) - uploaded
    assert remaining(account, files) == ()


def test_nothing_is_deleted_after_a_failed_upload(account, site):
    account.put("old.css", b"")
    account.fail(Fault("refuse", call="put_object", key="index.html"))
    with pytest.raises(ClientError):
        deploy(account, site({"index.html": b""}))
    assert account.served == {"old.css": b""}


def test_a_deletion_that_fails_for_one_key_is_an_error(account, site):
    for key in ("a.css", "b.css"):
        account.put(key, b"")
    account.bucket.stuck["b.css"] = ["AccessDenied"]
    with pytest.raises(CloudError, match=r"b\.css \(AccessDenied\)"):
        deploy(account, site({"index.html": b""}))


def test_a_deletion_that_fails_transiently_is_retried_twice(account, site):
    for key in ("a.css", "b.css"):
        account.put(key, b"")
    account.bucket.stuck["b.css"] = ["InternalError", "SlowDown"]
    files = site({"index.html": b""})
    deploy(account, files)
    assert batches(account) == [("a.css", "b.css"), ("b.css",), ("b.css",)]
    assert remaining(account, files) == ()
    account.put("c.css", b"")
    account.bucket.stuck["c.css"] = ["InternalError"] * 3
    with pytest.raises(CloudError, match="InternalError"):
        deploy(account, files)


def test_keys_are_deleted_in_batches_of_a_thousand(account, site):
    for n in range(2001):
        account.bucket.write(f"{n}.css", b"", checksum=EMPTY)
    reports = []
    deploy(account, site({"index.html": b""}), progress=lambda *counts: reports.append(counts))
    assert [len(keys) for keys in batches(account)] == [1000, 1000, 1]
    assert reports == [(1, 2002), (1001, 2002), (2001, 2002), (2002, 2002)]


def test_a_file_that_changed_since_the_scan_is_refused(account, site):
    """Also by its name: boto3 wraps what the body raises while it is sent."""
    files = site({"index.html": b"<p>one"})
    files["index.html"].path.write_bytes(b"<p>two")
    with pytest.raises(BuildError, match=r"index\.html changed"):
        deploy(account, files)
    assert [call for call, _ in account.writes] == ["put_object"]
    assert account.bucket.is_empty


def test_a_file_that_changed_is_named_also_if_nothing_wraps_the_error(moto_s3, site):
    """As when boto3 reads the body to sign it."""
    files = site({"index.html": b"<p>one"})
    files["index.html"].path.write_bytes(b"<p>two")
    with pytest.raises(BuildError, match=r"index\.html changed"):
        apply(on(moto_s3), diff("site", {}, snapshot.described(files)), files, {})
    assert "Versions" not in moto_s3.list_object_versions(Bucket="site")


def test_a_network_error_is_raised_as_it_is(account, s3, site):
    files = site({"index.html": b""})
    account.fail(Fault("refuse", error=HTTPClientError(error="cut"), lasting=True))
    with pytest.raises(HTTPClientError):
        apply(on(s3), diff("site", {}, snapshot.described(files)), files, {})


def test_a_restore_needs_no_upload(account, s3, site):
    first = deploy(account, site({"index.html": b"1", "a.css": b"1", "same.css": b"s"}))
    files = site(
        {"index.html": b"2", "a.css": b"1", "b.css": b"2"}, [CacheRule("a.css", "max-age=7")]
    )
    deploy(account, {key: file for key, file in files.items() if key != "same.css"}, first)
    objects = live(on(s3), {})
    changes = diff("site", snapshot.live(objects), snapshot.described(first))
    account.forget_calls()
    versions = restore(on(s3), changes, first, objects)
    assert sorted(account.writes) == [
        ("copy_object", "a.css"),
        ("copy_object", "index.html"),
        ("copy_object", "same.css"),
        ("delete_objects", ("b.css",)),
    ]
    after = live(on(s3), {})
    assert snapshot.live(after) == snapshot.described(first)
    recorded = SiteRecord.of(first, objects, versions).objects
    assert {key: entry.version_id for key, entry in recorded.items()} == {
        k: o.version_id for k, o in after.items()
    }


def test_a_missing_version_stops_a_restore_before_anything_changes(account, s3, site):
    first = deploy(account, site({"index.html": b"1", "a.css": b"1", "empty.txt": b""}))
    deploy(account, site({"index.html": b"2", "a.css": b"2", "empty.txt": b"2"}))
    account.delete("index.html", VersionId=first["index.html"].version_id)
    before = live(on(s3), {})
    with pytest.raises(CloudError, match=r"^index\.html cannot be restored") as refused:
        restore(
            on(s3), diff("site", snapshot.live(before), snapshot.described(first)), first, before
        )
    assert refused.value.code == "version-gone"
    assert live(on(s3), {}) == before


def test_a_denied_read_is_not_a_missing_version(account, s3, site):
    first = deploy(account, site({"index.html": b"1"}))
    account.fail(Fault("refuse", call="get_object", key="index.html", code="AccessDenied"))
    with pytest.raises(ClientError):
        restore(on(s3), diff("site", {}, snapshot.described(first)), first, {})


NAMES = st.sampled_from(
    ["index.html", "a/index.html", "a b.css", "ü+%.js", "é/x~.txt", "app.8e0d62a0.js", "d/e/f.png"]
)
TREES = st.dictionaries(NAMES, st.binary(max_size=20), min_size=1)


@given(TREES, TREES, st.sampled_from(["", "*", "*.css", "a/*"]))
@settings(deadline=None, max_examples=30)
def test_any_site_can_be_deployed_over_any_other_and_restored(first, second, glob):
    account = Account()
    s3 = account.s3
    with tempfile.TemporaryDirectory() as folder:
        manifests = []
        for number, (tree, rules) in enumerate(
            [(first, ()), (second, (CacheRule(glob, "max-age=7"),))]
        ):
            root = Path(folder, str(number))
            for name, data in tree.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes(data)
            files = scan(root, rules)
            manifests.append(deploy(account, files, manifests[-1] if manifests else None))
            assert remaining(account, files) == ()
    now = live(on(s3), manifests[-1])
    back = diff("site", snapshot.live(now), snapshot.described(manifests[0]))
    restore(on(s3), back, manifests[0], now)
    assert snapshot.live(live(on(s3), {})) == snapshot.described(manifests[0])


@pytest.mark.parametrize("code", ["NoSuchVersion", "NoSuchKey", "InvalidArgument"])
def test_a_version_that_s3_does_not_know_is_missing(account, s3, site, code):
    """S3 answers InvalidArgument to a version id in a format that is not its own."""
    first = deploy(account, site({"index.html": b"1"}))
    account.fail(Fault("refuse", call="get_object", key="index.html", code=code))
    with pytest.raises(CloudError, match="cannot be restored"):
        restore(on(s3), diff("site", {}, snapshot.described(first)), first, {})


def test_deploy_drift_and_restore_over_the_wire(moto_s3, site):
    moto_s3.put_object(Bucket="site", Key="old/ü +%.txt", Body=b"x")
    tree = {
        "index.html": b"<p>",
        "a b/ü+%~&.css": b"x",
        "empty.txt": b"",
        "big.bin": b"\0" * 3_000_000,
    }
    files = site(tree)
    before = live(on(moto_s3), {})
    versions = apply(
        on(moto_s3), diff("site", snapshot.live(before), snapshot.described(files)), files, before
    )
    objects = live(on(moto_s3), {})
    assert snapshot.live(objects) == snapshot.described(files)
    assert {key: entry.version_id for key, entry in objects.items()} == versions

    manifest = SiteRecord.of(files, before, versions).objects
    assert snapshot.live(live(on(moto_s3), manifest)) == snapshot.described(files)
    moto_s3.put_object(
        Bucket="site", Key="index.html", Body=b"evil", Metadata={"a": "b"}, Expires=1
    )
    moto_s3.delete_object(Bucket="site", Key="empty.txt")
    now = live(on(moto_s3), manifest)
    drifted = diff("site", snapshot.live(now), snapshot.described(manifest))
    assert [change.key for change in drifted] == ["empty.txt", "index.html"]
    assert set(drifted[1].fields) == {
        "cache_control",
        "content_type",
        "expires",
        "metadata",
        "sha256",
    }
    restore(on(moto_s3), drifted, manifest, now)
    assert snapshot.live(live(on(moto_s3), manifest)) == snapshot.described(manifest)
    pruned = {
        key: replace(entry, version_id="00000000-0000-4000-8000-000000000000")
        for key, entry in manifest.items()
    }
    with pytest.raises(CloudError, match="and 1 more cannot be restored"):
        restore(on(moto_s3), diff("site", {}, snapshot.described(pruned)), pruned, {})


def test_an_upload_has_only_the_sha256_checksum(moto_s3, site):
    sent = []
    moto_s3.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: sent.append(dict(request.headers))
    )
    files = site({"expect.css": b"x"})
    apply(on(moto_s3), diff("site", {}, snapshot.described(files)), files, {})
    (headers,) = sent
    assert headers["x-amz-checksum-sha256"]
    assert not [name for name in headers if "crc" in name.lower() or "trailer" in name.lower()]
