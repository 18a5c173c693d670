"""Reading the live site: which objects cost a request, and what is read of them."""

from __future__ import annotations

import hashlib

import pytest
from botocore.exceptions import ClientError, IncompleteReadError

from resumectl.errors import CloudError
from resumectl.plan import diff
from resumectl.site import snapshot, transfer
from resumectl.site.listing import live
from resumectl.site.manifest import ReleasedObject
from resumectl.site.record import SiteRecord
from tests.fakes.faults import Fault
from tests.unit.site.account import Account, on


def release(account, files):
    """Deploy into an empty bucket; returns the manifest."""
    changes = diff("site", {}, snapshot.described(files))
    written = transfer.apply(on(account.s3), changes, files, {})
    account.forget_calls()
    return SiteRecord.of(files, {}, written).objects


@pytest.fixture
def released(account, site):
    return release(account, site({"index.html": b"<p>", "a.css": b"a", "b.css": b"b"}))


def test_an_object_as_released_costs_no_request_of_its_own(account, s3, released):
    assert snapshot.live(live(on(s3), released)) == snapshot.described(released)
    assert [operation for operation, _ in account.calls] == ["list_object_versions"]


def test_the_etag_is_that_of_the_object_in_either_case(account, s3, released):
    account.put("b.css", b"evil")
    expected = {key: account.bucket.current(key).etag for key in released}
    assert {key: entry.etag for key, entry in live(on(s3), released).items()} == expected


def test_objects_that_others_changed_are_read(account, s3, released):
    account.put("a.css", b"a", ContentType="text/css; charset=utf-8")
    account.delete("b.css")
    account.put("new.txt", b"n")
    changes = diff("site", snapshot.described(released), snapshot.live(live(on(s3), released)))
    assert [(c.key, c.action) for c in changes] == [
        ("a.css", "update"),
        ("b.css", "delete"),
        ("new.txt", "create"),
    ]
    assert changes[0].fields == ("cache_control",)
    assert sorted(key for operation, key in account.calls if operation == "head_object") == [
        "a.css",
        "new.txt",
    ]


def test_only_changed_objects_have_a_modification_time(account, s3, released):
    account.aws.clock.advance(90)
    account.put("a.css", b"evil")
    modified = {key: entry.modified for key, entry in live(on(s3), released).items()}
    assert modified == {"a.css": "2026-11-27T10:01:30+00:00", "b.css": None, "index.html": None}


def test_headers_that_we_never_set_are_shown(account, s3, released):
    file = released["a.css"]
    tampered = {
        "ContentType": file.content_type,
        "CacheControl": file.cache_control,
        "ContentDisposition": "attachment",
    }
    account.put("a.css", b"a", **tampered, Metadata={"x": "y"}, WebsiteRedirectLocation="/z")
    (change,) = diff("site", snapshot.described(released), snapshot.live(live(on(s3), released)))
    assert change.fields == ("content_disposition", "metadata", "website_redirect")


def test_without_a_release_every_object_is_read(s3, released):
    objects = live(on(s3), {})
    assert snapshot.live(objects) == snapshot.described(released)
    assert {key: entry.version_id for key, entry in objects.items()} == {
        key: entry.version_id for key, entry in released.items()
    }
    assert [entry.size for entry in objects.values()] == [1, 1, 3]


def test_without_versioning_a_changed_object_is_noticed(site):
    account = Account(versioned=False)
    released = release(account, site({"a.css": b"a"}))
    assert released["a.css"].version_id == "null"
    account.put("a.css", b"evil")
    noticed = live(on(account.s3), released)["a.css"].fields["sha256"]
    assert noticed == hashlib.sha256(b"evil").hexdigest()


@pytest.mark.parametrize("checksum", [None, "q1MKE+RZFJgrefm34/uplM+R8/si9xzqGvvwK0YMbR0=-3"])
def test_without_a_usable_checksum_the_body_is_hashed(account, s3, checksum):
    account.bucket.write("a", b"abc", checksum=checksum)
    assert live(on(s3), {})["a"].fields["sha256"] == hashlib.sha256(b"abc").hexdigest()


def test_a_download_that_breaks_off_is_retried_twice(account, s3):
    account.put("a", b"abc")
    account.fail(*(Fault("cut", call="get_object", at=attempt) for attempt in (1, 2)))
    assert live(on(s3), {})["a"].fields["sha256"] == hashlib.sha256(b"abc").hexdigest()
    account.fail(*(Fault("cut", call="get_object", at=attempt) for attempt in (1, 2, 3)))
    with pytest.raises(IncompleteReadError):
        live(on(s3), {})


def test_an_object_that_is_deleted_for_good_during_the_listing_is_absent(account, s3):
    account.put("a", b"abc")
    delete = Fault("delay", call="head_object", meanwhile=lambda: account.bucket.forget("a"))
    account.fail(delete)
    assert live(on(s3), {}) == {}
    assert ("head_object", "a") in account.calls


def test_an_object_that_a_new_bucket_does_not_return_yet_is_read_by_its_version():
    """A read without a version answers 404 for some minutes: the object is not absent."""
    account = Account(versioned=False)
    account.aws.settling = 50
    enabled = {"Status": "Enabled"}
    account.others.put_bucket_versioning(
        Bucket=account.bucket.name, VersioningConfiguration=enabled
    )
    account.put("a", b"abc")
    assert account.bucket.seems_unwritten("a")
    assert list(live(on(account.s3), {})) == ["a"]


def test_an_object_that_is_listed_and_never_found_is_not_absent(account, s3):
    account.put("a", b"abc")
    account.fail(Fault("refuse", call="head_object", code="404", lasting=True))
    with pytest.raises(CloudError, match="does not return it yet"):
        live(on(s3), {})


def test_a_denied_object_is_not_absent(account, s3):
    account.put("a", b"abc")
    account.fail(Fault("refuse", call="head_object", key="a", code="403"))
    with pytest.raises(ClientError):
        live(on(s3), {})


def test_a_bucket_that_does_not_exist_has_no_objects(s3):
    s3.delete_bucket(Bucket="site")
    assert live(on(s3), {"a": ReleasedObject("", 0, "", "", "v1")}) == {}
