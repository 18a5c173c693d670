from __future__ import annotations

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from resumectl.errors import SettingsError
from resumectl.infra import zones


class Account:
    """An account with these public zones, and private ones."""

    def __init__(self, *names: str, private: tuple[str, ...] = ()) -> None:
        self.asked = 0
        self.route53 = boto3.client("route53", "us-east-1")
        for name in names:
            self.route53.create_hosted_zone(Name=name, CallerReference=name)
        for name in private:
            self.route53.create_hosted_zone(
                Name=name,
                CallerReference=f"private {name}",
                HostedZoneConfig={"PrivateZone": True},
                VPC={"VPCRegion": "us-east-1", "VPCId": "vpc-1"},
            )

    def client(self, service: str):
        assert service == "route53"
        self.asked += 1
        return self.route53


@pytest.fixture(autouse=True)
def _account(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    with mock_aws():
        yield


@pytest.mark.parametrize(
    ("domain", "names", "zone"),
    [
        ("jane.co.uk", ["jane.co.uk"], "jane.co.uk"),
        ("cv.people.example.com", ["example.com"], "example.com"),
        ("cv.people.example.com", ["example.com", "people.example.com"], "people.example.com"),
        ("cv.example.com", ["ample.com", "example.com", "v.example.com"], "example.com"),
        ("example.com", ["example.com", "cv.example.com"], "example.com"),
    ],
)
def test_the_longest_zone_that_holds_the_domain_is_its_zone(domain, names, zone):
    variables = {"domain": domain, "zone": None, "project": "resume"}
    assert zones.complete(variables, Account(*names)) == {**variables, "zone": zone}


def test_a_private_zone_holds_no_site():
    account = Account("example.com", private=("cv.example.com",))
    assert zones.complete({"domain": "cv.example.com"}, account)["zone"] == "example.com"


@pytest.mark.parametrize(
    "variables",
    [{"domain": None, "zone": None}, {}, {"domain": "cv.example.com", "zone": "example.com"}],
)
def test_without_a_domain_or_with_a_zone_nobody_is_asked(variables):
    account = Account()
    assert zones.complete(variables, account) == variables
    assert account.asked == 0


@pytest.mark.parametrize(("names", "listed"), [((), "none"), (("a.com", "b.org"), "a.com, b.org")])
def test_a_domain_that_no_zone_holds_is_refused_with_the_zones_there_are(names, listed):
    with pytest.raises(SettingsError) as caught:
        zones.complete({"domain": "cv.example.com"}, Account(*names))
    assert caught.value.message == (
        f"No public hosted zone of this account holds cv.example.com. Its zones: {listed}."
    )


def test_more_zones_than_one_page_are_all_looked_at():
    account = Account(*(f"z{number}.com" for number in range(150)), "example.com")
    assert zones.complete({"domain": "example.com"}, account)["zone"] == "example.com"


LABELS = st.lists(st.sampled_from(["a", "b", "co"]), min_size=1, max_size=4).map(".".join)


@given(LABELS, st.lists(LABELS))
def test_the_zone_is_the_end_of_the_domain_at_a_dot(domain, names):
    zone = zones.longest(domain, names)
    ends = {domain.split(".", count)[-1] for count in range(domain.count(".") + 1)}
    assert zone == max(ends & set(names), key=len, default=None)
