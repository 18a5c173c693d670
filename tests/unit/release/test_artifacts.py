from __future__ import annotations

import pytest

from resumectl.release.artifacts import Artifacts


@pytest.fixture
def artifacts(bucket):
    return Artifacts(bucket, "function")


def test_an_artifact_is_kept_by_its_digest(artifacts):
    artifacts.keep("abc", b"zip")
    assert artifacts.read("abc") == b"zip"
    assert artifacts.read("def") is None
    assert [artifacts.has(digest) for digest in ("abc", "def", "ab")] == [True, False, False]


def test_each_part_and_environment_has_artifacts_of_its_own(artifacts, bucket, bucket_of):
    artifacts.keep("abc", b"zip")
    assert Artifacts(bucket, "infra").read("abc") is None
    assert Artifacts(bucket_of("test"), "function").read("abc") is None


def test_a_kept_artifact_is_not_written_again(artifacts, bucket):
    for _ in range(2):
        artifacts.keep("abc", b"zip")
    assert len(list(bucket.versions("artifacts/prod/function/abc.zip"))) == 1


@pytest.mark.parametrize("damaged", [b"", b"zi", b"other"])
def test_a_damaged_artifact_is_replaced(artifacts, bucket, damaged):
    bucket.write("artifacts/prod/function/abc.zip", damaged)
    artifacts.keep("abc", b"zip")
    assert artifacts.read("abc") == b"zip"


def test_only_the_named_artifact_is_deleted(artifacts):
    artifacts.keep("abc", b"1")
    artifacts.keep("abcd", b"2")
    artifacts.delete("abc")
    assert artifacts.read("abc") is None
    assert artifacts.read("abcd") == b"2"
