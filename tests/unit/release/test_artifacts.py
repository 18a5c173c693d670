from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from resumectl.release.artifacts import Artifacts


@pytest.fixture
def artifacts(s3, bucket):
    return Artifacts(s3, bucket, "prod")


def test_an_artifact_is_kept_by_its_digest(artifacts):
    artifacts.keep("function", "abc", b"zip")
    assert artifacts.read("function", "abc") == b"zip"
    assert artifacts.read("infra", "abc") is None
    artifacts.forget("function", "abc")
    assert artifacts.read("function", "abc") is None


def test_what_is_kept_is_not_written_again(artifacts, s3, bucket):
    for _ in range(2):
        artifacts.keep("infra", "abc", b"zip")
    assert len(s3.s3.list_object_versions(Bucket=bucket)["Versions"]) == 1


@pytest.mark.parametrize("call", ["put_object", "get_object"])
def test_any_other_error_is_an_error(artifacts, s3, error_of, call):
    s3.fail_at, s3.error = [call], error_of("AccessDenied")
    with pytest.raises(ClientError):
        artifacts.keep("infra", "abc", b"") if call == "put_object" else artifacts.read(
            "infra", "abc"
        )
