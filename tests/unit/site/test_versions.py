"""Listing which version of each object is served."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from resumectl.site.versions import _read_versions, current_versions

KEYS = [f"k{n:03d}" for n in range(40)]


def fill(s3, writes):
    """True is an upload, False a deletion."""
    for key, write in writes:
        if write:
            s3.put_object(Bucket="site", Key=key, Body=b"")
        else:
            s3.delete_objects(Bucket="site", Delete={"Objects": [{"Key": key}]})
    s3.calls.clear()


def test_old_versions_and_deleted_objects_are_not_listed(s3):
    fill(s3, [("a", True), ("a", True), ("b", True), ("b", False), ("c", False), ("c", True)])
    assert current_versions(s3, "site", []) == {"a": "v000002", "c": "v000006"}


def test_a_bucket_that_does_not_exist_has_no_versions(s3):
    s3.exists = False
    assert current_versions(s3, "site", []) == {}


def test_a_denied_listing_is_not_an_empty_bucket(s3):
    s3.fail_at["list_object_versions", None] = "AccessDenied"
    with pytest.raises(ClientError):
        current_versions(s3, "site", [])


def test_the_listing_is_split_at_the_expected_keys(s3):
    fill(s3, [(key, True) for key in KEYS])
    assert list(current_versions(s3, "site", KEYS, page=10)) == KEYS
    assert sorted(marker or "" for _, marker in s3.calls) == ["", "k009", "k019", "k029", "k039"]


@given(
    st.lists(st.tuples(st.sampled_from(KEYS), st.booleans()), max_size=60),
    st.lists(st.sampled_from(KEYS), unique=True),
    st.integers(1, 9),
    st.integers(1, 9),
)
@settings(deadline=None, max_examples=150)
def test_splits_and_pages_do_not_change_the_result(new_s3, writes, expected, served_page, page):
    s3 = new_s3(page=served_page)
    fill(s3, writes)
    served = {
        key: versions[0].id for key, versions in s3.objects.items() if versions[0].data is not None
    }
    assert current_versions(s3, "site", sorted(expected), page=page) == served


def test_a_response_on_the_wire_is_parsed(moto_s3):
    moto_s3.put_object(Bucket="site", Key="v/a b&ü.txt", Body=b"1")
    latest = moto_s3.put_object(Bucket="site", Key="v/a b&ü.txt", Body=b"2")
    moto_s3.put_object(Bucket="site", Key="v/gone", Body=b"")
    moto_s3.delete_object(Bucket="site", Key="v/gone")
    versions = current_versions(moto_s3, "site", [])
    assert versions["v/a b&ü.txt"] == latest["VersionId"]
    assert "v/gone" not in versions


def test_the_client_s_own_parser_is_restored(moto_s3):
    moto_s3.put_object(Bucket="site", Key="v/x", Body=b"1")
    current_versions(moto_s3, "site", [])
    assert "LastModified" in moto_s3.list_object_versions(Bucket="site")["Versions"][0]


def test_a_response_is_only_parsed_once_and_errors_are_left_alone():
    body = b"<R><Version><Key>a</Key><IsLatest>true</IsLatest></Version><Name>x</Name></R>"
    response, ours = {"status_code": 200, "body": body}, {}
    for _ in range(2):
        _read_versions(response_dict=response, customized_response_dict=ours, operation_model=None)
    assert ours == {"Versions": [{"Key": "a", "VersionId": "null", "IsLatest": True}]}
    assert response["body"] == b"<R><Name>x</Name></R>"
    refused = {"status_code": 404, "body": b"<Error/>"}
    _read_versions(response_dict=refused, customized_response_dict={})
    assert refused["body"] == b"<Error/>"
