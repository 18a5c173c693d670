from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ParamValidationError, ReadTimeoutError

from resumectl.errors import Refused
from resumectl.infra import inventory
from resumectl.infra.inventory import _EXTRAS
from resumectl.plan import UNKNOWN
from tests.fakes.canned import Canned
from tests.fakes.leftovers import (
    ACCOUNT,
    BUCKET,
    DEPLOYMENT,
    NAME,
    OURS,
    PLANNED,
    REGION,
    THEIRS,
    TOPIC,
)
from tests.fakes.undeclared import DECLARED, STATE, looked, removal, undeclared

ROOT = Path(__file__).parents[3]
NOT_LOOKED_FOR = {"aws_acm_certificate_validation"}  # it only waits
DESCRIBED = [
    "aws_cloudfront_function.index[0]",
    "aws_cloudfront_origin_access_control.site",
    "aws_cloudfront_response_headers_policy.site",
]
"""Types without tags."""
UNIQUE = [
    "aws_cloudwatch_log_group.api",
    'aws_cloudwatch_metric_alarm.failing["api-errors"]',
    "aws_dynamodb_table.counter",
    "aws_iam_role.counter",
    "aws_lambda_function.counter",
    "aws_s3_bucket.site",
    "aws_sns_topic.alarms[0]",
]
REPEATABLE = [
    "aws_acm_certificate.site[0]",
    "aws_apigatewayv2_api.counter",
    "aws_cloudfront_distribution.site",
]


# --- existing: what Terraform's state does not know


def test_every_resource_type_in_terraform_has_a_lookup():
    text = "".join(file.read_text() for file in (ROOT / "terraform").glob("*.tf"))
    types = set(re.findall(r'^resource "(\w+)"', text, re.MULTILINE))
    assert types == inventory.LOOKUPS.keys() | NOT_LOOKED_FOR
    assert {address.partition(".")[0] for address in PLANNED} == types - NOT_LOOKED_FOR


def test_everything_that_an_interrupted_apply_created_is_found(leftovers):
    leftovers.headers = {"another": ""}
    leftovers.fill()
    ids = leftovers.find()
    certificate = ids.pop("aws_acm_certificate.site[0]")
    subscription = ids.pop("aws_sns_topic_subscription.alarms[0]")
    assert certificate.startswith(f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/")
    assert subscription.startswith(f"{TOPIC}:")
    (distribution,) = leftovers.distributions()
    controls = leftovers.client("cloudfront").list_origin_access_controls()
    (control,) = controls["OriginAccessControlList"]["Items"]
    assert ids == {
        "aws_apigatewayv2_api.counter": "a1",
        "aws_apigatewayv2_integration.counter": "a1/i1",
        "aws_apigatewayv2_route.all": "a1/r1",
        "aws_apigatewayv2_stage.default": "a1/$default",
        "aws_cloudfront_distribution.site": distribution["Id"],
        "aws_cloudfront_function.index[0]": "resume-prod-index",
        "aws_cloudfront_origin_access_control.site": control["Id"],
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


def test_nothing_is_found_in_an_empty_account(leftovers):
    assert leftovers.find() == {}


def test_a_resource_without_a_planned_name_or_a_lookup_is_not_searched_for(leftovers):
    leftovers.fill()
    planned = {
        "aws_dynamodb_table.counter": {"name": UNKNOWN},
        "aws_cloudfront_distribution.other": {},
        "aws_wafv2_web_acl.site": {"name": NAME},
    }
    assert inventory.existing(leftovers.account, planned).ours == {}


def test_parts_are_found_without_their_parent_if_the_plan_names_it(leftovers):
    leftovers.fill()
    planned = {
        "aws_s3_bucket_policy.site": {"bucket": BUCKET},
        "aws_apigatewayv2_stage.default": {"api_id": "a1", "name": "$default"},
    }
    assert inventory.existing(leftovers.account, planned).ours == {
        "aws_s3_bucket_policy.site": BUCKET,
        "aws_apigatewayv2_stage.default": "a1/$default",
    }


@pytest.mark.parametrize("both_exist", [True, False])
def test_parts_are_not_guessed_where_two_buckets_are_planned(leftovers, both_exist):
    leftovers.fill()
    if both_exist:
        leftovers.client("s3").create_bucket(
            Bucket="resume-prod-more", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    planned = {**PLANNED, "aws_s3_bucket.more": {"bucket": "resume-prod-more"}}
    ids = inventory.existing(leftovers.account, planned).ours
    assert ("aws_s3_bucket.more" in ids) == both_exist
    assert not [address for address in ids if address.startswith("aws_s3_bucket_")]


@pytest.mark.parametrize("tags", [THEIRS, {"Team": "web"}])
@pytest.mark.parametrize("address", [*UNIQUE, *DESCRIBED])
def test_a_unique_name_that_is_not_ours_is_refused(leftovers, address, tags):
    leftovers.fill(tags)
    with pytest.raises(Refused, match="exists already, and") as caught:
        leftovers.find(address)
    assert caught.value.code == "exists"
    assert "Nothing was changed" in caught.value.hint
    assert PLANNED[address].get("name", "") in caught.value.message


def test_every_stranger_is_reported_beside_what_is_ours(leftovers):
    leftovers.fill()
    leftovers.client("iam").untag_role(RoleName=NAME, TagKeys=["Deployment"])
    existing = leftovers.existing()
    assert existing.others.keys() == {"aws_iam_role.counter"}
    assert "aws_dynamodb_table.counter" in existing.ours


@pytest.mark.parametrize(
    ("part", "parent"),
    [
        ("aws_iam_role_policy.counter", "aws_iam_role.counter"),
        ("aws_lambda_alias.live", "aws_lambda_function.counter"),
        ("aws_lambda_permission.api", "aws_lambda_function.counter"),
        ("aws_s3_bucket_policy.site", "aws_s3_bucket.site"),
        ("aws_sns_topic_subscription.alarms[0]", "aws_sns_topic.alarms[0]"),
    ],
)
def test_a_part_of_something_that_is_not_ours_is_not_ours(leftovers, part, parent):
    """The plan knows some parents by name, also if it is to create them."""
    leftovers.fill(THEIRS)
    existing = leftovers.existing(part, parent)
    assert (existing.ours, existing.others.keys()) == ({}, {parent})


def test_a_deployment_in_another_region_is_named(leftovers):
    """The role, the bucket and everything of CloudFront have the same name in every region."""
    leftovers.fill({**OURS, "Deployment": f"1f2e3d4c/prod/{ACCOUNT}/us-west-2"})
    with pytest.raises(Refused, match="a deployment in us-west-2") as caught:
        leftovers.find()
    assert 'Set region = "us-west-2" again, or destroy' in caught.value.hint


@pytest.mark.parametrize("address", REPEATABLE)
def test_a_repeatable_name_that_is_not_ours_is_passed_over(leftovers, address):
    leftovers.fill(THEIRS)
    assert leftovers.find(address) == {}


def test_an_error_does_not_mean_that_nothing_exists():
    cloud = Canned({"get_function": "TooManyRequestsException"})
    address = "aws_lambda_function.counter"
    account = inventory.Account(cloud.client, DEPLOYMENT)
    with pytest.raises(ClientError):
        inventory.existing(account, {address: PLANNED[address]})


# --- undeclared: what hangs on our resources


def test_declared_resources_are_not_reported():
    assert undeclared() == ()


def test_an_undeclared_resource_is_a_creation_that_names_its_kind():
    (change,) = undeclared(list_role_policies={"PolicyNames": ["counter", "other"]})
    assert (change.part, change.kind, change.action) == ("infra", "unmanaged", "create")
    assert (change.key, change.after["resource"]) == ("role-policy other", "role-policy")


def test_undeclared_resources_are_sorted_by_key():
    changes = undeclared(
        get_bucket_cors={"CORSRules": [{}]},
        list_aliases={"Aliases": [{"Name": n, "FunctionVersion": "1"} for n in ("b", "a")]},
        get_stages={"Items": [{"StageName": "test"}]},
    )
    keys = [change.key for change in changes]
    assert keys == ["alias a", "alias b", "bucket cors", "stage test"]


def test_removal_goes_by_the_field_and_not_by_the_key():
    (change,) = undeclared(get_stages={"Items": [{"StageName": "test"}]})
    operation, _ = removal(replace(change, key="route test"))
    assert operation == "delete_stage"


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("get_routes", "NotFoundException"),
        ("list_aliases", "ResourceNotFoundException"),
        ("list_role_policies", "NoSuchEntity"),
        ("get_bucket_website", "NoSuchBucket"),
    ],
)
def test_nothing_is_reported_if_the_resource_itself_is_gone(operation, code):
    assert undeclared(**{operation: code}) == ()


@pytest.mark.parametrize(
    "operation", ["get_routes", "get_policy", "get_bucket_cors", "list_role_policies"]
)
@pytest.mark.parametrize(
    ("code", "why"), [("AccessDenied", "denied"), ("ThrottlingException", "ThrottlingException")]
)
def test_only_not_found_means_that_nothing_is_undeclared(operation, code, why):
    changes, (unseen,) = looked(**{operation: code})
    assert (changes, unseen.why) == ((), why)


def test_credentials_that_expired_are_no_look_that_failed():
    with pytest.raises(ClientError, match="ExpiredToken"):
        looked(list_role_policies="ExpiredToken")


def test_a_call_that_botocore_refuses_is_no_look_that_failed():
    def refused(**_):
        raise ParamValidationError(report="Missing required parameter")

    with pytest.raises(ParamValidationError):
        looked(list_role_policies=refused)


def test_a_look_that_gets_no_response_is_named():
    def silent(**_):
        raise ReadTimeoutError(endpoint_url="https://iam.amazonaws.com")

    _, (unseen,) = looked(list_role_policies=silent)
    assert str(unseen) == "role policies (iam:ListRolePolicies no response)"


def test_a_failed_look_hides_no_other():
    changes, (unseen,) = looked(
        list_role_policies="AccessDenied", get_stages={"Items": [{"StageName": "test"}]}
    )
    assert ([change.key for change in changes], unseen.action) == (
        ["stage test"],
        "iam:ListRolePolicies",
    )


@pytest.mark.parametrize("code", ["MethodNotAllowed", "UnsupportedArgument"])
def test_what_a_region_does_not_offer_nobody_has_set(code):
    assert looked(get_bucket_accelerate_configuration=code) == ((), ())


def test_every_look_names_an_action_of_its_own():
    looks = [(extra.what, extra.action) for extra in _EXTRAS]
    assert len(set(looks)) == len(looks)
    documented = (ROOT / "docs" / "permissions.md").read_text()
    assert [action for _, action in looks if f"`{action}`" not in documented] == []


def test_every_kind_asks_the_client_of_its_own_service():
    asked = []

    def clients(service):
        asked.append(service)
        return Canned(DECLARED)

    inventory.undeclared(clients, STATE)
    assert sorted(asked) == sorted(extra.service for extra in _EXTRAS)


# --- import blocks


def test_there_is_an_import_block_for_each_address():
    blocks = inventory.import_blocks({"aws_x.y[0]": "a/$default", 'aws_x.y["${z}"]': "${id}"})
    assert json.loads(blocks) == {
        "import": [
            {"to": "aws_x.y[0]", "id": "a/$default"},
            {"to": 'aws_x.y["${z}"]', "id": "$${id}"},
        ]
    }
