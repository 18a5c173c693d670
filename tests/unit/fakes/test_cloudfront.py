"""The edge keeps what it has until the path is invalidated."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.unit.fakes.repository import ACCOUNT, PROJECT

CONFIG = {
    "CallerReference": "one",
    "Comment": "resume-prod",
    "Enabled": True,
    "Origins": {
        "Quantity": 1,
        "Items": [{"Id": "site", "DomainName": f"{PROJECT}.s3.eu-west-2.amazonaws.com"}],
    },
    "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "https-only"},
}


def batch(reference, *paths):
    return {
        "CallerReference": reference,
        "Paths": {"Quantity": len(paths), "Items": list(paths)},
    }


@pytest.fixture
def cloudfront(process, s3):
    client = process.client("cloudfront")
    client.create_distribution(DistributionConfig=CONFIG)
    return client


@pytest.fixture
def edge(cloudfront, aws):
    (found,) = aws.service(ACCOUNT, "", "cloudfront").distributions.values()
    return found


def test_an_edge_serves_the_old_object_until_its_path_is_invalidated(cloudfront, edge, s3, aws):
    s3.put_object(Bucket=PROJECT, Key="a b.html", Body=b"old")
    assert edge.get(aws, "/a%20b.html") == b"old"
    s3.put_object(Bucket=PROJECT, Key="a b.html", Body=b"new")
    assert edge.get(aws, "/a%20b.html") == b"old"
    made = {"DistributionId": edge.id, "InvalidationBatch": batch("1", "/a*")}
    cloudfront.create_invalidation(**made)
    assert edge.get(aws, "/a%20b.html") == b"new"


def test_an_edge_remembers_that_there_was_nothing(edge, s3, aws):
    assert edge.get(aws, "/late.html") is None
    s3.put_object(Bucket=PROJECT, Key="late.html", Body=b"x")
    assert edge.get(aws, "/late.html") is None


def test_an_invalidation_knows_what_was_written_before_it(cloudfront, edge, s3, aws):
    s3.put_object(Bucket=PROJECT, Key="a", Body=b"x")
    cloudfront.create_invalidation(DistributionId=edge.id, InvalidationBatch=batch("1", "/a"))
    s3.put_object(Bucket=PROJECT, Key="b", Body=b"x")
    (made,) = edge.invalidations
    written = [
        call.arguments["Key"] for call in aws.journal[: made.after] if call.name == "put_object"
    ]
    assert (made.paths, written) == (("/a",), ["a"])


def test_the_same_reference_makes_the_same_invalidation(cloudfront, edge):
    same = {"DistributionId": edge.id, "InvalidationBatch": batch("1", "/a")}
    ids = {cloudfront.create_invalidation(**same)["Invalidation"]["Id"] for _ in range(2)}
    assert (len(ids), len(edge.invalidations)) == (1, 1)
    with pytest.raises(ClientError, match="InvalidArgument"):
        cloudfront.create_invalidation(
            DistributionId=edge.id, InvalidationBatch=batch("1", "/other")
        )


def test_an_invalidation_takes_a_while_when_the_world_says_so(cloudfront, edge, aws):
    aws.service(ACCOUNT, "", "cloudfront").busy = 1
    made = {"DistributionId": edge.id, "InvalidationBatch": batch("1", "/a")}
    id_ = cloudfront.create_invalidation(**made)["Invalidation"]["Id"]
    read = {"DistributionId": edge.id, "Id": id_}
    statuses = [cloudfront.get_invalidation(**read)["Invalidation"]["Status"] for _ in range(2)]
    assert statuses == ["InProgress", "Completed"]


def test_a_distribution_is_changed_only_by_who_read_it_and_deleted_only_when_disabled(
    cloudfront, edge
):
    with pytest.raises(ClientError, match="DistributionNotDisabled"):
        cloudfront.delete_distribution(Id=edge.id, IfMatch=edge.etag)
    stale, off = edge.etag, {**CONFIG, "Enabled": False}
    cloudfront.update_distribution(Id=edge.id, IfMatch=stale, DistributionConfig=off)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        cloudfront.update_distribution(Id=edge.id, IfMatch=stale, DistributionConfig=CONFIG)
    cloudfront.delete_distribution(Id=edge.id, IfMatch=edge.etag)
    assert cloudfront.list_distributions()["DistributionList"]["Quantity"] == 0


def test_functions_of_the_edge_are_published_by_their_etag(cloudfront):
    config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    made = cloudfront.create_function(Name="f", FunctionConfig=config, FunctionCode=b"x")
    live = {"Name": "f", "Stage": "LIVE"}
    with pytest.raises(ClientError, match="NoSuchFunctionExists"):
        cloudfront.describe_function(**live)
    cloudfront.publish_function(Name="f", IfMatch=made["ETag"])
    assert cloudfront.describe_function(**live)["FunctionSummary"]["Name"] == "f"


# --- what has no tags


def test_a_name_of_something_without_tags_is_taken_once(cloudfront, aws):
    control = {
        "Name": "resume-prod-site",
        "Description": "of somebody",
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    policy = {"Name": "resume-prod-headers", "Comment": "of somebody"}
    for _ in range(2):
        cloudfront.create_origin_access_control(OriginAccessControlConfig=control)
        cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=policy)
        control, policy = {**control, "Name": "second"}, {**policy, "Name": "second"}
    aws.page = 1
    first = cloudfront.list_origin_access_controls()["OriginAccessControlList"]
    assert [item["Description"] for item in first["Items"]] == ["of somebody"]
    assert first["NextMarker"]
    with pytest.raises(ClientError, match="OriginAccessControlAlreadyExists"):
        cloudfront.create_origin_access_control(OriginAccessControlConfig=control)
    with pytest.raises(ClientError, match="ResponseHeadersPolicyAlreadyExists"):
        cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=policy)
