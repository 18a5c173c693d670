"""Log groups of CloudWatch Logs: a name, how long they keep their lines, and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.aws.hung import Hung
from tests.fakes.aws.refusal import Refusal

if TYPE_CHECKING:
    from tests.fakes.aws.world import Aws


class Logs:
    def __init__(self, aws: Aws, account: str, region: str) -> None:
        self._prefix = f"arn:aws:logs:{region}:{account}:log-group:"
        self.groups: dict[str, dict[str, Any]] = {}
        self.hung = Hung()

    def create_log_group(self, logGroupName: str, tags: dict[str, str] | None = None) -> None:
        if logGroupName in self.groups:
            raise Refusal(
                "ResourceAlreadyExistsException", "The specified log group already exists"
            )
        self.groups[logGroupName] = {"tags": dict(tags or {})}

    def put_retention_policy(self, logGroupName: str, retentionInDays: int) -> None:
        self._group(logGroupName)["retentionInDays"] = retentionInDays

    def delete_retention_policy(self, logGroupName: str) -> None:
        self._group(logGroupName).pop("retentionInDays", None)

    def delete_log_group(self, logGroupName: str) -> None:
        self._group(logGroupName)
        del self.groups[logGroupName]

    def describe_log_groups(self, logGroupNamePrefix: str = "") -> dict[str, Any]:
        rows = [
            {
                "logGroupName": name,
                "arn": f"{self._prefix}{name}:*",
                **{key: value for key, value in group.items() if key != "tags"},
            }
            for name, group in sorted(self.groups.items())
            if name.startswith(logGroupNamePrefix)
        ]
        return {"logGroups": rows}

    def list_tags_for_resource(self, resourceArn: str) -> dict[str, Any]:
        return {"tags": dict(self._group(resourceArn.removeprefix(self._prefix))["tags"])}

    def put_metric_filter(self, logGroupName: str, filterName: str, **given: Any) -> None:
        self._put_filter("metric", logGroupName, filterName, given)

    def put_subscription_filter(self, logGroupName: str, filterName: str, **given: Any) -> None:
        self._put_filter("subscription", logGroupName, filterName, given)

    def describe_metric_filters(self, logGroupName: str, **_: Any) -> dict[str, Any]:
        self._group(logGroupName)
        return {"metricFilters": list(self.hung.of("metric", logGroupName).values())}

    def describe_subscription_filters(self, logGroupName: str, **_: Any) -> dict[str, Any]:
        self._group(logGroupName)
        return {"subscriptionFilters": list(self.hung.of("subscription", logGroupName).values())}

    def delete_metric_filter(self, logGroupName: str, filterName: str) -> None:
        self.hung.pop_one("metric", logGroupName, filterName)

    def delete_subscription_filter(self, logGroupName: str, filterName: str) -> None:
        self.hung.pop_one("subscription", logGroupName, filterName)

    def _put_filter(self, kind: str, group: str, name: str, given: dict[str, Any]) -> None:
        self._group(group)
        self.hung.of(kind, group)[name] = {"filterName": name, "logGroupName": group, **given}

    def _group(self, name: str) -> dict[str, Any]:
        if name not in self.groups:
            raise Refusal(
                "ResourceNotFoundException", "The specified log group does not exist.", status=400
            )
        return self.groups[name]
