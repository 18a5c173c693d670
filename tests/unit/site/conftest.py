"""Sites, and buckets to deploy them to."""

from __future__ import annotations

import pytest

from resumectl.site.scan import scan
from tests.unit.site.account import Account


@pytest.fixture
def account():
    """An account with the site's bucket."""
    return Account()


@pytest.fixture
def s3(account):
    """Its S3, as the process under test reaches it."""
    return account.s3


@pytest.fixture
def folder(tmp_path):
    """Write files into a folder: name -> bytes."""

    def write(files):
        for name, data in files.items():
            path = tmp_path / "site" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return tmp_path / "site"

    return write


@pytest.fixture
def site(folder):
    """Write files and scan them."""
    return lambda files, rules=(): scan(folder(files), rules)


@pytest.fixture
def moto_s3():
    """A real boto3 client whose requests moto answers in this process."""
    import boto3
    from moto import mock_aws

    with mock_aws():
        client = boto3.client(
            "s3",
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        client.create_bucket(Bucket="site")
        client.put_bucket_versioning(Bucket="site", VersioningConfiguration={"Status": "Enabled"})
        yield client
