"""Lambda's updates, one at a time; revisions; versions that are not published twice."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.fakes.aws.function import code_sha256
from tests.unit.fakes.repository import ACCOUNT, REGION

NAME = "counter"
MADE = {
    "FunctionName": NAME,
    "Role": f"arn:aws:iam::{ACCOUNT}:role/counter",
    "Runtime": "python3.13",
    "Handler": "counter.handler",
}


def code(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


@pytest.fixture
def client(process):
    found = process.client("lambda")
    found.create_function(**MADE, Code={"ZipFile": b"first"})
    return found


def test_an_update_is_in_progress_for_as_many_reads_as_the_world_says(client, aws):
    aws.busy = 2
    answer = client.update_function_code(FunctionName=NAME, ZipFile=b"second")
    assert answer["LastUpdateStatus"] == "InProgress"
    busy = code(client.publish_version, FunctionName=NAME)
    assert busy == "ResourceConflictException"
    read = client.get_function_configuration
    statuses = [read(FunctionName=NAME)["LastUpdateStatus"] for _ in range(3)]
    assert statuses == ["InProgress", "InProgress", "Successful"]
    assert client.publish_version(FunctionName=NAME)["Version"] == "1"


def test_a_new_function_is_pending_first(aws, process):
    aws.busy = 1
    client = process.client("lambda")
    client.create_function(**MADE, Code={"ZipFile": b"first"})
    read = client.get_function_configuration
    assert [read(FunctionName=NAME)["State"] for _ in range(2)] == ["Pending", "Active"]


def test_a_failed_update_says_why_until_the_next_one(client, aws):
    aws.busy = 1
    aws.service(ACCOUNT, REGION, "lambda").functions[NAME].failure = "the zip is broken"
    read, statuses = client.get_function_configuration, []
    for zipped in (b"broken", b"whole"):
        client.update_function_code(FunctionName=NAME, ZipFile=zipped)
        statuses += [read(FunctionName=NAME)["LastUpdateStatus"]]
        settled = read(FunctionName=NAME)
        statuses += [(settled["LastUpdateStatus"], settled.get("LastUpdateStatusReason"))]
    failed, successful = ("Failed", "the zip is broken"), ("Successful", None)
    assert statuses == ["InProgress", failed, "InProgress", successful]


@pytest.mark.parametrize(
    ("settings", "first"),
    [
        ({"SnapStart": {"ApplyOn": "PublishedVersions"}}, "Pending"),
        ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, "Pending"),
        ({"Timeout": 9}, "Active"),
    ],
)
def test_a_version_that_starts_slowly_is_pending_first(client, aws, settings, first):
    client.update_function_configuration(FunctionName=NAME, **settings)
    aws.busy = 1
    version = {"FunctionName": NAME, "Qualifier": "1"}
    client.publish_version(FunctionName=NAME)
    if first == "Pending":
        assert code(client.invoke, **version) == "ResourceConflictException"
    states = [client.get_function_configuration(**version)["State"] for _ in range(2)]
    assert states == [first, "Active"]
    assert client.invoke(**version)["ExecutedVersion"] == "1"


def test_the_architecture_comes_with_the_code(client):
    code = {"FunctionName": NAME, "ZipFile": b"first"}
    client.update_function_code(**code, Architectures=["arm64"])
    assert client.update_function_code(**code)["Architectures"] == ["arm64"]


def test_waiters_of_boto3_work(client, aws):
    client.get_waiter("function_updated").wait(FunctionName=NAME)
    client.get_waiter("function_active_v2").wait(FunctionName=NAME)


def test_a_version_is_published_only_for_the_code_that_is_expected(client):
    publish = {"FunctionName": NAME, "CodeSha256": code_sha256(b"other")}
    assert code(client.publish_version, **publish) == "InvalidParameterValueException"
    expected = {"FunctionName": NAME, "CodeSha256": code_sha256(b"first")}
    assert client.publish_version(**expected)["Version"] == "1"


def test_the_embedded_cloud_publishes_whatever_is_there(client, aws):
    aws.service(ACCOUNT, REGION, "lambda").checks_digest = False
    publish = {"FunctionName": NAME, "CodeSha256": code_sha256(b"other")}
    assert client.publish_version(**publish)["CodeSha256"] == code_sha256(b"first")


def test_publishing_again_gives_the_same_version_until_something_changes(client):
    publish = client.publish_version
    assert [publish(FunctionName=NAME)["Version"] for _ in range(2)] == ["1", "1"]
    client.update_function_configuration(FunctionName=NAME, Timeout=9)
    assert publish(FunctionName=NAME)["Version"] == "2"
    client.update_function_code(FunctionName=NAME, ZipFile=b"first")  # the same bytes
    assert publish(FunctionName=NAME)["Version"] == "2"


def test_an_alias_moves_only_from_the_revision_that_was_read(client):
    client.publish_version(FunctionName=NAME)
    alias = {"FunctionName": NAME, "Name": "live"}
    revision = client.create_alias(**alias, FunctionVersion="$LATEST")["RevisionId"]
    move = {**alias, "FunctionVersion": "1", "RevisionId": revision}
    moved = client.update_alias(**move)
    assert (moved["FunctionVersion"], moved["RevisionId"] != revision) == ("1", True)
    assert code(client.update_alias, **move) == "PreconditionFailedException"


def test_an_alias_needs_a_version_that_exists(client):
    alias = {"FunctionName": NAME, "Name": "live", "FunctionVersion": "7"}
    assert code(client.create_alias, **alias) == "ResourceNotFoundException"


def test_a_version_behind_an_alias_cannot_be_deleted(client):
    client.publish_version(FunctionName=NAME)
    client.create_alias(FunctionName=NAME, Name="live", FunctionVersion="1")
    version = {"FunctionName": NAME, "Qualifier": "1"}
    assert code(client.delete_function, **version) == "ResourceConflictException"
    client.update_alias(FunctionName=NAME, Name="live", FunctionVersion="$LATEST")
    client.delete_function(**version)
    assert code(client.get_function_configuration, **version) == "ResourceNotFoundException"


def test_weights_of_an_alias_are_kept_until_they_are_emptied(client):
    client.publish_version(FunctionName=NAME)
    weights = {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}}}
    alias = {"FunctionName": NAME, "Name": "live"}
    client.create_alias(**alias, FunctionVersion="$LATEST", **weights)
    assert client.get_alias(**alias)["RoutingConfig"]["AdditionalVersionWeights"] == {"1": 0.1}
    client.update_alias(**alias, RoutingConfig={"AdditionalVersionWeights": {}})
    assert "RoutingConfig" not in client.get_alias(**alias)


def test_what_a_version_answers_follows_from_its_code(client, aws):
    functions = aws.service(ACCOUNT, REGION, "lambda")
    functions.answers[code_sha256(b"first")] = {"errorType": "KeyError", "errorMessage": "x"}
    functions.answers[code_sha256(b"second")] = iter([{"statusCode": 500}, {"statusCode": 200}])
    broken = client.invoke(FunctionName=NAME)
    assert broken["FunctionError"] == "Unhandled"
    client.update_function_code(FunctionName=NAME, ZipFile=b"second")
    statuses = [json.loads(client.invoke(FunctionName=NAME)["Payload"].read()) for _ in range(2)]
    assert [row["statusCode"] for row in statuses] == [500, 200]


def test_versions_come_in_pages(client, aws):
    for number in range(5):
        client.update_function_configuration(FunctionName=NAME, Timeout=10 + number)
        client.publish_version(FunctionName=NAME)
    aws.page = 2
    pages = list(client.get_paginator("list_versions_by_function").paginate(FunctionName=NAME))
    versions = [row["Version"] for page in pages for row in page["Versions"]]
    assert (versions, len(pages)) == (["$LATEST", "1", "2", "3", "4", "5"], 3)
