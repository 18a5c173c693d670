"""CloudFront: the distribution, its function, access control and response headers policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws
from resumectl.infra.inventory.extra import Extra, declared
from resumectl.infra.inventory.lookup import Account, Lookup, only

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.infra.inventory.extra import Rows
    from resumectl.infra.state import State
    from resumectl.plan import Fields


def our_distributions(account: Account, key: str, value: str) -> list[dict[str, Any]]:
    """The distributions with our tags whose list entry has this value."""
    cloudfront = account.client("cloudfront")
    return [
        item
        for item in _listed(cloudfront.list_distributions, "DistributionList")
        if item[key] == value
        and account.owns(cloudfront.list_tags_for_resource(Resource=item["ARN"])["Tags"]["Items"])
    ]


def _distribution(account: Account, fields: Fields) -> str | None:
    comment = fields["comment"]
    ids = [item["Id"] for item in our_distributions(account, "Comment", comment)]
    return only(ids, f"distributions {comment}")


def _access_control(account: Account, fields: Fields) -> str | None:
    call, name = account.client("cloudfront").list_origin_access_controls, fields["name"]
    for item in _listed(call, "OriginAccessControlList"):
        if item["Name"] == name:
            what = f"The origin access control {name}"
            return account.described(str(item["Id"]), item.get("Description", ""), what)
    return None


def _headers_policy(account: Account, fields: Fields) -> str | None:
    call, name = account.client("cloudfront").list_response_headers_policies, fields["name"]
    for item in _listed(call, "ResponseHeadersPolicyList", Type="custom"):
        policy = item["ResponseHeadersPolicy"]
        config = policy["ResponseHeadersPolicyConfig"]
        if config["Name"] == name:
            what = f"The response headers policy {name}"
            return account.described(str(policy["Id"]), config.get("Comment", ""), what)
    return None


def _function(account: Account, fields: Fields) -> str | None:
    describe, name = account.client("cloudfront").describe_function, str(fields["name"])
    response = aws.found(describe, Name=name, Stage="DEVELOPMENT")
    if response is None:
        return None
    comment = response["FunctionSummary"]["FunctionConfig"].get("Comment", "")
    return account.described(name, comment, f"The CloudFront function {name}")


def _listed(call: Callable[..., Any], key: str, **arguments: object) -> Iterator[dict[str, Any]]:
    """The items of a list. Not all of CloudFront's lists have a paginator."""
    marker: str | None = None
    while True:
        page = call(**arguments, **({"Marker": marker} if marker else {}))[key]
        yield from page.get("Items", ())
        marker = page.get("NextMarker")
        if not marker:
            return


def _monitoring(cloudfront: Client, state: State) -> Rows:
    """Additional metrics, which cost money."""
    ours = declared(state, "aws_cloudfront_monitoring_subscription", "distribution_id")
    for id_ in declared(state, "aws_cloudfront_distribution", "id") - ours:
        response = aws.found(cloudfront.get_monitoring_subscription, DistributionId=id_)
        if response:
            yield id_, {"id": id_}


def _stop_monitoring(cloudfront: Client, _: State, fields: Fields) -> None:
    cloudfront.delete_monitoring_subscription(DistributionId=fields["id"])


LOOKUPS: Final = {
    "aws_cloudfront_distribution": Lookup(_distribution, ("comment",)),
    "aws_cloudfront_function": Lookup(_function, ("name",)),
    "aws_cloudfront_origin_access_control": Lookup(_access_control, ("name",)),
    "aws_cloudfront_response_headers_policy": Lookup(_headers_policy, ("name",)),
}
EXTRAS: Final = (
    Extra(
        *("monitoring", "cloudfront", "additional metrics"),
        action="cloudfront:GetMonitoringSubscription",
        find=_monitoring,
        remove=_stop_monitoring,
    ),
)
