from __future__ import annotations

import pytest

from resumectl.errors import Refused
from resumectl.infra import inventory
from tests.fakes.canned import Canned
from tests.fakes.leftovers import DEPLOYMENT, OURS, PLANNED, RECORD, THEIRS, found, rows

CERTIFICATE = "aws_acm_certificate.site[0]"


def test_an_issued_certificate_comes_before_a_pending_one():
    def certificates(CertificateStatuses):
        arn = f"arn:{CertificateStatuses[0]}"
        other = {"CertificateArn": "arn:other", "DomainName": "other.example.com"}
        summary = {"CertificateArn": arn, "DomainName": "example.com"}
        return {"CertificateSummaryList": [other, summary]}

    tags = {"list_tags_for_certificate": {"Tags": rows(OURS)}}
    cloud = Canned({"list_certificates": certificates, **tags})
    account = inventory.Account(cloud.client, DEPLOYMENT)
    planned = {CERTIFICATE: PLANNED[CERTIFICATE]}
    assert found(account, planned) == {CERTIFICATE: "arn:ISSUED"}


def test_a_certificate_of_ours_is_found_beside_others(leftovers):
    leftovers.create_certificate(domain="other.example.com")
    leftovers.create_certificate(THEIRS)
    ours = leftovers.create_certificate()
    assert leftovers.find(CERTIFICATE) == {CERTIFICATE: ours}


def record(leftovers, target, **planned):
    """The id of the record that leads to `target`, and what is found of the planned one."""
    zone = leftovers.create_record(target)
    fields = {**PLANNED[RECORD], "zone_id": zone, **planned}
    return f"{zone}_example.com_A", found(leftovers.account, {RECORD: fields})


def test_a_record_that_leads_to_our_distribution_is_ours(leftovers):
    id_, ids = record(leftovers, leftovers.create_distribution()["DomainName"])
    assert ids == {RECORD: id_}


@pytest.mark.parametrize("tags", [THEIRS, {}])
def test_a_record_that_leads_elsewhere_is_refused(leftovers, tags):
    target = leftovers.create_distribution(tags)["DomainName"]
    with pytest.raises(Refused, match=r"^A record example\.com exists already, and is not ours"):
        record(leftovers, target)


@pytest.mark.parametrize("planned", [{"type": "AAAA"}, {"name": "a.example.com"}])
def test_a_record_of_another_name_or_type_does_not_count(leftovers, planned):
    target = leftovers.create_distribution()["DomainName"]
    assert record(leftovers, target, **planned)[1] == {}


def test_a_record_that_may_be_overwritten_needs_no_import(leftovers):
    assert record(leftovers, "d0.cloudfront.net", allow_overwrite=True)[1] == {}
