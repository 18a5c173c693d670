"""Writing one object: only if it is as it was listed, whatever happens to the response."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from resumectl.backoff import Backoff
from resumectl.errors import CloudError
from resumectl.settings import CacheRule
from resumectl.site.listing import live
from resumectl.site.manifest import ReleasedObject
from resumectl.site.writer import Writer
from tests.fakes.faults import Fault
from tests.unit.site.account import Account, on

AT_ONCE = Backoff(1.0, first=0.0)
HTML = {"ContentType": "text/html; charset=utf-8", "CacheControl": "no-cache"}


@pytest.fixture
def pages(site):
    """Two pages to write."""
    return site({"index.html": b"ours", "new.html": b"new"})


@pytest.fixture
def writer(account):
    """Writes to a bucket that has one page."""
    account.put("index.html", b"before", **HTML)
    return Writer(on(account.s3), live(on(account.s3), {}), AT_ONCE)


def refused(write, *arguments):
    with pytest.raises(CloudError, match="Somebody else changed") as error:
        write(*arguments)
    return error.value.code


def test_a_listed_object_is_replaced_and_a_new_one_made(account, writer, pages):
    written = {key: writer.put(key, pages[key]) for key in pages}
    assert account.served == {"index.html": b"ours", "new.html": b"new"}
    assert written == account.versions


@pytest.mark.parametrize("key", ["index.html", "new.html"])
def test_what_somebody_wrote_since_the_listing_is_not_replaced(account, writer, pages, key):
    account.put(key, b"theirs")
    assert refused(writer.put, key, pages[key]) == "changed"
    assert account.served[key] == b"theirs"


def test_what_somebody_deleted_since_the_listing_is_not_made_again(account, writer, pages):
    account.delete("index.html")
    assert refused(writer.put, "index.html", pages["index.html"]) == "changed"
    assert account.served == {}


def test_a_request_that_arrives_late_does_not_replace_what_somebody_wrote(account, writer, pages):
    theirs = Fault("suspend", call="put_object", meanwhile=lambda: account.put("new.html", b"2"))
    account.fail(theirs)
    assert refused(writer.put, "new.html", pages["new.html"]) == "changed"
    assert account.served["new.html"] == b"2"


@pytest.mark.parametrize("key", ["index.html", "new.html"])
def test_our_own_write_whose_response_was_lost_is_no_conflict(account, writer, pages, key):
    account.fail(Fault("repeat", call="put_object"))
    assert writer.put(key, pages[key]) == account.versions[key]


def test_what_somebody_else_wrote_is_kept_if_it_is_what_we_want(account, writer, pages):
    account.put("index.html", b"ours", **HTML)
    assert writer.put("index.html", pages["index.html"]) == account.versions["index.html"]


def test_the_same_bytes_with_other_headers_are_not_what_we_want(account, writer, pages):
    account.put("new.html", b"new", ContentType="text/plain")
    assert refused(writer.put, "new.html", pages["new.html"]) == "changed"


def test_a_request_that_met_another_one_is_repeated(account, writer, pages):
    conflict = Fault("refuse", call="put_object", code="ConditionalRequestConflict")
    account.fail(conflict, Fault("refuse", call="put_object", at=2, code=conflict.code))
    writer.put("index.html", pages["index.html"])
    assert account.served["index.html"] == b"ours"


def test_a_request_that_meets_others_again_and_again_is_given_up(account, writer, pages):
    code = "ConditionalRequestConflict"
    account.fail(Fault("refuse", call="put_object", code=code, lasting=True))
    impatient = Writer(writer.bucket, writer.live, Backoff(0.0))
    assert refused(impatient.put, "index.html", pages["index.html"]) == "changed"


def test_a_new_bucket_that_does_not_find_what_it_lists_is_asked_again(account, writer, pages):
    account.fail(Fault("refuse", call="put_object", code="NoSuchKey"))
    writer.put("index.html", pages["index.html"])
    assert account.served["index.html"] == b"ours"


def test_a_denied_write_is_no_conflict(account, writer, pages):
    account.fail(Fault("refuse", call="put_object", code="AccessDenied"))
    with pytest.raises(ClientError):
        writer.put("index.html", pages["index.html"])


def test_headers_are_only_corrected_on_the_listed_bytes(account, site, writer):
    files = site({"index.html": b"before"}, [CacheRule("*", "max-age=7")])
    account.put("index.html", b"theirs", **HTML)
    assert refused(writer.copy, "index.html", files["index.html"]) == "changed"
    assert account.served == {"index.html": b"theirs"}


@pytest.mark.parametrize("theirs", [b"theirs", None])
def test_a_version_is_only_restored_onto_what_was_listed(account, pages, theirs):
    old = account.put("index.html", b"ours", **HTML)
    account.put("index.html", b"broken")
    writer = Writer(on(account.s3), live(on(account.s3), {}), AT_ONCE)
    if theirs:
        account.put("index.html", theirs)
        assert refused(writer.copy, "index.html", pages["index.html"], old) == "changed"
    else:
        account.fail(Fault("repeat", call="copy_object"))
        writer.copy("index.html", pages["index.html"], old)
    assert account.served == {"index.html": theirs or b"ours"}


def test_a_copy_of_bytes_that_were_overwritten_in_place_is_an_error(pages):
    account = Account(versioned=False)
    account.put("index.html", b"evil")
    writer = Writer(on(account.s3), live(on(account.s3), {}), AT_ONCE)
    recorded = ReleasedObject.of(pages["index.html"], "null")
    assert refused(writer.copy, "index.html", recorded, "null") == "changed"
