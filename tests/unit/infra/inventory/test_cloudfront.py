from __future__ import annotations

import pytest

from resumectl.errors import Refused
from resumectl.infra.inventory.cloudfront import our_distributions
from tests.fakes.leftovers import DEPLOYMENT, THEIRS
from tests.fakes.undeclared import removal, undeclared

DISTRIBUTION = "aws_cloudfront_distribution.site"
HEADERS = "aws_cloudfront_response_headers_policy.site"


def test_two_distributions_of_ours_are_refused(leftovers):
    for _ in range(2):
        leftovers.create_distribution()
    leftovers.create_distribution(comment="another")
    with pytest.raises(
        Refused, match="There are 2 distributions resume-prod with our tag Deployment: "
    ) as caught:
        leftovers.find(DISTRIBUTION)
    assert caught.value.code == "exists"


def test_our_distribution_is_found_beside_one_with_the_same_comment(leftovers):
    leftovers.create_distribution(THEIRS)
    ours = leftovers.create_distribution()
    assert leftovers.find(DISTRIBUTION) == {DISTRIBUTION: ours["Id"]}


def test_distributions_are_ours_by_their_tags(leftovers):
    theirs, ours = leftovers.create_distribution(THEIRS), leftovers.create_distribution()

    def found(domain):
        return [item["Id"] for item in our_distributions(leftovers.account, "DomainName", domain)]

    assert found(ours["DomainName"]) == [ours["Id"]]
    assert found(theirs["DomainName"]) == []


def test_a_headers_policy_is_found_on_a_later_page(leftovers):
    leftovers.headers = {"first": "", "second": "", "resume-prod-headers": str(DEPLOYMENT)}
    assert leftovers.find(HEADERS) == {HEADERS: "h2"}


def test_a_headers_policy_of_another_name_is_not_found(leftovers):
    leftovers.headers = {"resume-prod-headers-2": str(DEPLOYMENT)}
    assert leftovers.find(HEADERS) == {}


def test_a_function_of_a_stranger_is_refused_by_its_description(leftovers):
    leftovers.client("cloudfront").create_function(
        Name="resume-prod-index",
        FunctionConfig={"Comment": "Redirects", "Runtime": "cloudfront-js-2.0"},
        FunctionCode=b"theirs",
    )
    with pytest.raises(Refused) as caught:
        leftovers.find("aws_cloudfront_function.index[0]")
    assert caught.value.message == (
        "The CloudFront function resume-prod-index exists already, and is not ours:"
        f" nothing in it says {DEPLOYMENT}."
    )


def test_additional_metrics_are_found_and_removed():
    (change,) = undeclared(get_monitoring_subscription={"MonitoringSubscription": {}})
    assert change.key == "monitoring E1"
    assert removal(change) == ("delete_monitoring_subscription", {"DistributionId": "E1"})
