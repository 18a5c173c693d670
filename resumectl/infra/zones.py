"""The hosted zone of a domain: of the account's public zones, the longest that holds it.

The labels of a name do not tell: `jane.co.uk` is a zone of its own, and `cv.people.example.com` can
be in `example.com`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from resumectl import aws
from resumectl.errors import SettingsError
from resumectl.infra.inventory.lookup import paged

if TYPE_CHECKING:
    from resumectl.aws import Cloud


def complete(variables: Mapping[str, Any], cloud: Cloud) -> Mapping[str, Any]:
    """The module's variables with the zone of the domain, if there is a domain without one.

    A release does not record the zone that was found: like the account id, it is AWS's to tell.

    Raises:
        SettingsError: no zone holds the domain.
    """
    domain = variables.get("domain")
    if not domain or variables.get("zone"):
        return variables
    with aws.translated("looking for the hosted zone of the domain"):
        zones = sorted(_public(cloud))
    zone = longest(domain, zones)
    if zone is None:
        names = ", ".join(zones) or "none"
        raise SettingsError(
            f"No public hosted zone of this account holds {domain}. Its zones: {names}.",
            hint="Create the hosted zone in Route 53, or correct domain in resumectl.toml.",
        )
    return {**variables, "zone": zone}


def longest(domain: str, zones: Iterable[str]) -> str | None:
    """The longest zone that holds the domain; None if none does."""
    holding = (zone for zone in zones if f".{domain}".endswith(f".{zone}"))
    return max(holding, key=len, default=None)


def _public(cloud: Cloud) -> Iterable[str]:
    for zone in paged(cloud.client("route53"), "list_hosted_zones", "HostedZones"):
        if not zone["Config"]["PrivateZone"]:
            yield zone["Name"].removesuffix(".")
