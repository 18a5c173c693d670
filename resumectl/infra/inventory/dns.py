"""ACM and Route 53: the certificate and the records of the site's domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resumectl.infra.inventory.cloudfront import our_distributions
from resumectl.infra.inventory.lookup import Account, Lookup, paged, refused

if TYPE_CHECKING:
    from resumectl.plan import Fields

_STATUSES: Final = ("ISSUED", "PENDING_VALIDATION")
"""Most useful first: a pending certificate may be about to be replaced."""


def _certificate(account: Account, fields: Fields) -> str | None:
    acm = account.client("acm", "us-east-1")  # CloudFront takes certificates from no other region
    for status in _STATUSES:
        arguments = {"CertificateStatuses": [status]}
        for item in paged(acm, "list_certificates", "CertificateSummaryList", **arguments):
            arn = str(item["CertificateArn"])
            if item["DomainName"] == fields["domain_name"] and account.owns(
                acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]
            ):
                return arn
    return None


def _record(account: Account, fields: Fields) -> str | None:
    """A record is ours if its target is one of our distributions."""
    if fields.get("allow_overwrite"):
        return None  # Terraform overwrites it, so it needs no import
    zone, name, type_ = fields["zone_id"], fields["name"], fields["type"]
    # Route 53 lists from this record on: if it does not exist, the next one comes back.
    response = account.client("route53").list_resource_record_sets(
        HostedZoneId=zone, StartRecordName=name, StartRecordType=type_, MaxItems="1"
    )
    for record in response["ResourceRecordSets"]:
        if (record["Name"].removesuffix("."), record["Type"]) == (name, type_):
            target = record.get("AliasTarget", {}).get("DNSName", "").removesuffix(".")
            if our_distributions(account, "DomainName", target):
                return f"{zone}_{name}_{type_}"
            leads = f"it leads to {target}" if target else "it is no alias of our distribution"
            raise refused(f"{type_} record {name} exists already, and is not ours: {leads}.")
    return None


LOOKUPS: Final = {
    "aws_acm_certificate": Lookup(_certificate, ("domain_name",)),
    "aws_route53_record": Lookup(_record, ("zone_id", "name", "type")),
}
