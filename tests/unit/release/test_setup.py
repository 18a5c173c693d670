from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from resumectl.errors import CloudError, Refused
from resumectl.release import setup
from tests.fakes.machine import Machine

OWNER, REGION, NAME = "123456789012", "eu-west-2", "the-bucket"


@pytest.fixture
def s3_of(aws):
    return lambda account=OWNER, region=REGION: Machine().start(aws, account, region).client("s3")


@pytest.mark.parametrize("region", [REGION, "us-east-1"])
def test_a_bucket_that_we_own_already_is_no_error(aws, s3_of, region):
    for _ in range(2):
        setup.create(s3_of(region=region), NAME, region)
    assert aws.buckets[NAME].region == region


def test_a_bucket_of_another_account_is_refused_with_the_way_out(aws, s3_of):
    setup.create(s3_of("999999999999"), NAME, REGION)
    with pytest.raises(Refused, match="the-bucket belongs to another AWS account") as caught:
        setup.create(s3_of(), NAME, REGION)
    assert "Choose another name" in caught.value.hint
    assert aws.buckets[NAME].owner == "999999999999"


def test_versioning_is_switched_on_last(s3_of):
    calls = []
    setup.complete(s3_of(), lambda call, **_: calls.append(call.__name__), {"Bucket": NAME})
    assert calls[-1] == "put_bucket_versioning"
    assert len(calls) == 5


def error(code):
    return ClientError({"Error": {"Code": code, "Message": "no s3:GetObject"}}, "GetObject")


@pytest.mark.parametrize("code", ["AccessDenied", "403"])
def test_a_denied_request_names_both_causes_and_keeps_awss_sentence(code):
    denied = pytest.raises(CloudError, match="another AWS account, or these")
    with denied as caught, setup.explained(NAME):
        raise error(code)
    assert caught.value.message.endswith("\nno s3:GetObject")
    assert caught.value.code == "access-denied"


def test_any_other_error_stays_as_it_is():
    with pytest.raises(ClientError), setup.explained(NAME):
        raise error("SlowDown")
