"""Listing which version of each object is served."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from resumectl.site.versions import _read_versions, current_version, current_versions
from tests.fakes.faults import Fault
from tests.unit.site.account import Account, on

KEYS = [f"k{n:03d}" for n in range(40)]


def fill(account, writes):
    """True is an upload, False a deletion; gives the ids of what they wrote."""
    return [account.bucket.write(key, b"" if upload else None).id for key, upload in writes]


def ids(versions):
    return {key: version.id for key, version in versions.items()}


def test_old_versions_and_deleted_objects_are_not_listed(account, s3):
    writes = [("a", True), ("a", True), ("b", True), ("b", False), ("c", False), ("c", True)]
    _, second, _, _, _, sixth = fill(account, writes)
    assert ids(current_versions(on(s3), [])) == {"a": second, "c": sixth}


@pytest.mark.parametrize("deleted", [False, True])
def test_the_version_of_one_object_is_told_from_those_of_longer_keys(account, s3, deleted):
    fill(account, [("a", True), ("ab", True), ("a", True), *([("a", False)] if deleted else [])])
    current = current_version(on(s3), "a")
    assert (current and current.id) == account.versions.get("a")
    assert current_version(on(s3), "aa") is None


def test_a_bucket_that_does_not_exist_has_no_versions(s3):
    s3.delete_bucket(Bucket="site")
    assert current_versions(on(s3), []) == {}


def test_a_denied_listing_is_not_an_empty_bucket(account, s3):
    account.fail(Fault("refuse", call="list_object_versions", code="AccessDenied"))
    with pytest.raises(ClientError):
        current_versions(on(s3), [])


def test_the_listing_is_split_at_the_expected_keys(account, s3):
    fill(account, [(key, True) for key in KEYS])
    assert list(current_versions(on(s3), KEYS, page=10)) == KEYS
    assert sorted(marker or "" for _, marker in account.calls) == [
        "",
        "k009",
        "k019",
        "k029",
        "k039",
    ]


@given(
    st.lists(st.tuples(st.sampled_from(KEYS), st.booleans()), max_size=60),
    st.lists(st.sampled_from(KEYS), unique=True),
    st.integers(1, 9),
    st.integers(1, 9),
)
@settings(deadline=None, max_examples=150)
def test_splits_and_pages_do_not_change_the_result(writes, expected, served_page, page):
    account = Account(page=served_page)
    fill(account, writes)
    listed = current_versions(on(account.s3), sorted(expected), page=page)
    assert ids(listed) == account.versions


def test_a_response_on_the_wire_is_parsed(moto_s3):
    moto_s3.put_object(Bucket="site", Key="v/a b&ü.txt", Body=b"1")
    latest = moto_s3.put_object(Bucket="site", Key="v/a b&ü.txt", Body=b"2")
    moto_s3.put_object(Bucket="site", Key="v/gone", Body=b"")
    moto_s3.delete_object(Bucket="site", Key="v/gone")
    versions = current_versions(on(moto_s3), [])
    assert versions["v/a b&ü.txt"] == (latest["VersionId"], latest["ETag"])
    assert "v/gone" not in versions


def test_the_client_s_own_parser_is_restored(moto_s3):
    moto_s3.put_object(Bucket="site", Key="v/x", Body=b"1")
    current_versions(on(moto_s3), [])
    assert "LastModified" in moto_s3.list_object_versions(Bucket="site")["Versions"][0]


def test_a_response_is_only_parsed_once_and_errors_are_left_alone():
    version = b"<Version><Key>a</Key><ETag>e</ETag><IsLatest>true</IsLatest></Version>"
    body = b"<R>" + version + b"<Name>x</Name></R>"
    response, ours = {"status_code": 200, "body": body}, {}
    for _ in range(2):
        _read_versions(response_dict=response, customized_response_dict=ours, operation_model=None)
    assert ours == {"Versions": [{"Key": "a", "VersionId": "null", "ETag": "e", "IsLatest": True}]}
    assert response["body"] == b"<R><Name>x</Name></R>"
    refused = {"status_code": 404, "body": b"<Error/>"}
    _read_versions(response_dict=refused, customized_response_dict={})
    assert refused["body"] == b"<Error/>"
