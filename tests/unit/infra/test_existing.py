"""Every type of resource in terraform/ is found by its planned fields, in an account where an apply was interrupted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from resumectl.errors import Refused
from resumectl.infra import existing
from resumectl.infra.existing.ask import Ask
from resumectl.infra.existing.belonging import BELONGING
from resumectl.infra.existing.standing import STANDING
from resumectl.plan import UNKNOWN
from tests.unit.infra.half_made import (
    ACCOUNT,
    BUCKET,
    MAIL,
    NAME,
    OURS,
    PLANNED,
    RECORD,
    REGION,
    TOPIC,
    Account,
    rows,
)

ROOT = Path(__file__).parents[3]
THEIRS = {**OURS, "Environment": "staging"}
NOT_LOOKED_FOR = {"aws_acm_certificate_validation"}  # it only waits
UNIQUE = [
    "aws_cloudwatch_log_group.api",
    'aws_cloudwatch_metric_alarm.failing["api-errors"]',
    "aws_dynamodb_table.counter",
    "aws_iam_role.counter",
    "aws_lambda_function.counter",
    "aws_s3_bucket.site",
    "aws_sns_topic.alarms[0]",
]
SHARED = [
    "aws_acm_certificate.site[0]",
    "aws_apigatewayv2_api.counter",
    "aws_cloudfront_distribution.site",
]


@pytest.fixture(scope="module")
def clients():
    """Made once: that is what takes the time."""
    return {}


@pytest.fixture
def account(clients):
    with mock_aws():
        yield Account(clients)


# --- the table


def test_every_type_in_terraform_has_a_look_up():
    text = "".join(file.read_text() for file in (ROOT / "terraform").glob("*.tf"))
    types = set(re.findall(r'^resource "(\w+)"', text, re.MULTILINE))
    assert types == STANDING.keys() | BELONGING.keys() | NOT_LOOKED_FOR
    assert {address.partition(".")[0] for address in PLANNED} == types - NOT_LOOKED_FOR


def test_what_an_interrupted_apply_made_is_found(account):
    account.headers = ["another"]
    account.fill()
    found = account.find()
    certificate = found.pop("aws_acm_certificate.site[0]")
    subscription = found.pop("aws_sns_topic_subscription.alarms[0]")
    assert certificate.startswith(f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/")
    assert subscription.startswith(f"{TOPIC}:")
    (distribution,) = account._distributions()
    (access,) = account.client("cloudfront").list_origin_access_controls()[
        "OriginAccessControlList"
    ]["Items"]
    assert found == {
        "aws_apigatewayv2_api.counter": "a1",
        "aws_apigatewayv2_integration.counter": "a1/i1",
        "aws_apigatewayv2_route.all": "a1/r1",
        "aws_apigatewayv2_stage.default": "a1/$default",
        "aws_cloudfront_distribution.site": distribution["Id"],
        "aws_cloudfront_function.index[0]": "resume-prod-index",
        "aws_cloudfront_origin_access_control.site": access["Id"],
        "aws_cloudfront_response_headers_policy.site": "h1",
        "aws_cloudwatch_log_group.api": "/aws/vendedlogs/resume-prod-api",
        'aws_cloudwatch_metric_alarm.failing["api-errors"]': "resume-prod-api-errors",
        "aws_dynamodb_table.counter": NAME,
        "aws_iam_role.counter": NAME,
        "aws_iam_role_policy.counter": f"{NAME}:counter",
        "aws_lambda_alias.live": f"{NAME}/live",
        "aws_lambda_function.counter": NAME,
        "aws_lambda_permission.api": f"{NAME}:live/InvokeByApi",
        "aws_s3_bucket.site": BUCKET,
        "aws_s3_bucket_lifecycle_configuration.site[0]": BUCKET,
        "aws_s3_bucket_ownership_controls.site": BUCKET,
        "aws_s3_bucket_policy.site": BUCKET,
        "aws_s3_bucket_public_access_block.site": BUCKET,
        "aws_s3_bucket_server_side_encryption_configuration.site": BUCKET,
        "aws_s3_bucket_versioning.site": BUCKET,
        "aws_sns_topic.alarms[0]": TOPIC,
    }


def test_nothing_is_found_in_an_empty_account(account):
    assert account.find() == {}


def test_what_the_plan_cannot_name_is_not_looked_for(account):
    """Nor is what resumectl does not know."""
    account.fill()
    created = {
        "aws_dynamodb_table.counter": {"name": UNKNOWN},
        "aws_cloudfront_distribution.other": {},
        "aws_wafv2_web_acl.site": {"name": NAME},
    }
    assert existing.find(account.ask(), created) == {}


def test_parts_of_what_the_state_knows_are_found_by_the_plan_alone(account):
    account.fill()
    created = {
        "aws_s3_bucket_policy.site": {"bucket": BUCKET},
        "aws_apigatewayv2_stage.default": {"api_id": "a1"},
    }
    created["aws_apigatewayv2_stage.default"]["name"] = "$default"
    assert existing.find(account.ask(), created) == {
        "aws_s3_bucket_policy.site": BUCKET,
        "aws_apigatewayv2_stage.default": "a1/$default",
    }


def test_of_two_buckets_nobody_knows_whose_part_it_is(account):
    account.fill()
    s3 = account.client("s3")
    s3.create_bucket(
        Bucket="resume-prod-more", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    more = {"aws_s3_bucket.more": {"bucket": "resume-prod-more"}}
    found = existing.find(account.ask(), {**PLANNED, **more})
    assert found["aws_s3_bucket.more"] == "resume-prod-more"
    assert not [address for address in found if address.startswith("aws_s3_bucket_")]


# --- whose is it?


@pytest.mark.parametrize("tags", [THEIRS, {"Team": "web"}])
def test_a_name_that_somebody_else_has_is_refused(account, tags):
    account.fill(tags)
    for address in UNIQUE:
        with pytest.raises(Refused, match="exists already, and is not ours") as caught:
            account.find(address)
        assert caught.value.code == "exists"
        assert "Nothing was changed" in caught.value.hint


def test_a_name_that_several_can_have_is_looked_for_among_ours(account):
    account.fill(THEIRS)
    assert account.find(*SHARED) == {}


def test_two_of_ours_are_refused(account):
    for _ in range(2):
        account.make_distribution()
    account.make_distribution(comment="another")
    with pytest.raises(
        Refused, match="There are 2 distributions resume-prod with our tags: "
    ) as caught:
        account.find("aws_cloudfront_distribution.site")
    assert caught.value.code == "exists"


def test_an_issued_certificate_comes_first(account):
    account.make_certificate(domain="other.example.com")
    account.make_certificate()
    issued = account.make_certificate()
    lists = account.client("acm", "us-east-1").list_certificates
    summary = {"CertificateArn": issued, "DomainName": "example.com"}

    class Acm:
        def get_paginator(self, operation):
            return SimpleNamespace(paginate=self._pages)

        def _pages(self, CertificateStatuses):
            found = (
                [summary]
                if CertificateStatuses == ["ISSUED"]
                else lists()["CertificateSummaryList"]
            )
            yield {"CertificateSummaryList": found}

        def list_tags_for_certificate(self, CertificateArn):
            return {"Tags": rows(OURS)}

    ask = Ask(lambda service, region: Acm(), ACCOUNT, REGION, OURS)
    address = "aws_acm_certificate.site[0]"
    assert existing.find(ask, {address: PLANNED[address]}) == {address: issued}


@pytest.mark.parametrize(("body", "ours"), [(None, True), (b"<html>", False)])
def test_a_bucket_without_tags_is_ours_while_it_is_empty(account, body, ours):
    """Terraform tags a bucket in a second call."""
    account.make_bucket(tags=None, body=body)
    if ours:
        assert account.find("aws_s3_bucket.site") == {"aws_s3_bucket.site": BUCKET}
    else:
        with pytest.raises(Refused, match="not ours"):
            account.find("aws_s3_bucket.site")


@pytest.mark.parametrize("code", ["AccessDenied", "InternalError"])
def test_a_bucket_of_another_account_is_refused(code):
    class S3:
        def get_bucket_versioning(self, **given):
            assert given["ExpectedBucketOwner"] == ACCOUNT
            raise ClientError({"Error": {"Code": code}}, "GetBucketVersioning")

    ask = Ask(lambda service: S3(), ACCOUNT, REGION, OURS)
    with pytest.raises(Refused if code == "AccessDenied" else ClientError):
        existing.find(ask, {"aws_s3_bucket.site": {"bucket": BUCKET}})


def test_an_error_is_not_taken_for_nothing(account):
    class Functions:
        def get_function(self, **given):
            raise ClientError({"Error": {"Code": "TooManyRequestsException"}}, "GetFunction")

    ask = Ask(lambda service: Functions(), ACCOUNT, REGION, OURS)
    with pytest.raises(ClientError):
        existing.find(ask, {"aws_lambda_function.counter": PLANNED["aws_lambda_function.counter"]})


# --- records of the domain


def record(account, target, **more):
    zone = account.make_record(target)
    planned = {**PLANNED[RECORD], "zone_id": zone, **more}
    return f"{zone}_example.com_A", existing.find(account.ask(), {RECORD: planned})


def test_a_record_that_leads_to_our_distribution_is_ours(account):
    id_, found = record(account, account.make_distribution()["DomainName"])
    assert found == {RECORD: id_}


@pytest.mark.parametrize("tags", [THEIRS, {}])
def test_a_record_that_leads_elsewhere_is_refused(account, tags):
    target = account.make_distribution(tags)["DomainName"]
    with pytest.raises(Refused, match=r"^A record example\.com exists already, and is not ours"):
        record(account, target)


def test_a_record_of_another_name_or_type_is_none(account):
    target = account.make_distribution()["DomainName"]
    assert record(account, target, type="AAAA")[1] == {}


def test_a_record_that_overwrites_needs_no_import(account):
    assert record(account, "d0.cloudfront.net", allow_overwrite=True)[1] == {}


def test_a_subscription_that_nobody_confirmed_is_asked_for_again():
    class Sns:
        def get_paginator(self, operation):
            item = {"Endpoint": MAIL, "SubscriptionArn": "PendingConfirmation"}
            return SimpleNamespace(paginate=lambda TopicArn: [{"Subscriptions": [item]}])

    created = {"aws_sns_topic_subscription.alarms[0]": {"topic_arn": TOPIC, "endpoint": MAIL}}
    assert existing.find(Ask(lambda service: Sns(), ACCOUNT, REGION, OURS), created) == {}


# --- the module with imports


def test_the_module_is_copied_with_an_import_block_for_each(tmp_path):
    module, copy = tmp_path / "terraform", tmp_path / "copy"
    (module / "functions").mkdir(parents=True)
    (module / ".terraform").mkdir()
    for name in (
        "site.tf",
        "functions/index.js",
        ".terraform.lock.hcl",
        ".terraform/x",
        "terraform.tfstate",
    ):
        (module / name).write_text(name)
    copy.mkdir()
    (copy / "old.tf").write_text("")
    existing.with_imports(module, copy, {"aws_x.y[0]": "a/$default", 'aws_x.y["${z}"]': "${id}"})
    files = {file.relative_to(copy).as_posix() for file in copy.rglob("*") if file.is_file()}
    assert files == {"site.tf", "functions/index.js", ".terraform.lock.hcl", existing.FILE}
    assert json.loads((copy / existing.FILE).read_text()) == {
        "import": [
            {"to": "aws_x.y[0]", "id": "a/$default"},
            {"to": 'aws_x.y["${z}"]', "id": "$${id}"},
        ]
    }


def test_a_state_that_could_not_be_saved_survives_the_next_copy(tmp_path):
    module, copy = tmp_path / "terraform", tmp_path / "copy"
    module.mkdir()
    copy.mkdir()
    (copy / "errored.tfstate").write_text("{}")
    existing.with_imports(module, copy, {})
    assert (copy / "errored.tfstate").exists()
