"""CloudFront: distributions with a cache, and which paths were invalidated when.

`Distribution.get` is a visitor at the edge: what was fetched once stays until its path is
invalidated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.fakes.aws.copied import copied
from tests.fakes.aws.hung import Hung
from tests.fakes.aws.refusal import Refusal
from tests.fakes.aws.untagged import Untagged

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tests.fakes.aws.world import Aws


@dataclass(frozen=True)
class Invalidation:
    """One invalidation; `after` is how many calls of the journal were carried out before it."""

    id: str
    paths: tuple[str, ...]
    reference: str
    time: datetime
    after: int


@dataclass
class Distribution:
    """One distribution and its cache.

    Attributes:
        waiting: for how many reads the newest invalidation is in progress.
    """

    id: str
    arn: str
    config: dict[str, Any]
    tags: dict[str, str]
    etag: str
    invalidations: list[Invalidation] = field(default_factory=list)
    waiting: int = 0
    _cache: dict[str, bytes | None] = field(default_factory=dict)

    def get(self, aws: Aws, path: str) -> bytes | None:
        """What a visitor gets at a path; None for a missing object."""
        if path not in self._cache:
            name = self.config["Origins"]["Items"][0]["DomainName"].partition(".s3")[0]
            bucket = aws.buckets.get(name)
            found = bucket.current(unquote(path).lstrip("/")) if bucket else None
            self._cache[path] = found.body if found else None
        return self._cache[path]

    def forget(self, paths: Iterable[str]) -> None:
        """Drop the paths from the cache; one that ends with `*` is a prefix."""
        stale = [key for key in self._cache if any(fnmatchcase(key, path) for path in paths)]
        for key in stale:
            del self._cache[key]


class CloudFront(Untagged):
    """The distributions and functions of one account.

    Attributes:
        busy: for how many reads an invalidation stays in progress.
        most_in_progress: more invalidations than this at a time are refused.
    """

    def __init__(self, aws: Aws, account: str, region: str) -> None:
        super().__init__(aws)
        self._account = account
        self.distributions: dict[str, Distribution] = {}
        self.functions: dict[str, dict[str, Any]] = {}
        self.busy, self.most_in_progress = 0, 3000
        self.hung = Hung()

    # --- distributions

    def create_distribution(self, DistributionConfig: dict[str, Any]) -> dict[str, Any]:
        return self._create(DistributionConfig, {})

    def create_distribution_with_tags(self, DistributionConfigWithTags: Any) -> dict[str, Any]:
        rows = DistributionConfigWithTags["Tags"]["Items"]
        tags = {row["Key"]: row["Value"] for row in rows}
        return self._create(DistributionConfigWithTags["DistributionConfig"], tags)

    def _create(self, config: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
        for other in self.distributions.values():
            if other.config["CallerReference"] == config["CallerReference"]:
                raise Refusal("DistributionAlreadyExists", "The caller reference was used before.")
        id_ = f"E{self._aws.number('distribution'):013d}"
        arn = f"arn:aws:cloudfront::{self._account}:distribution/{id_}"
        made = Distribution(id_, arn, copied(config), tags, self._etag())
        self.distributions[id_] = made
        return {"Distribution": self._shown(made), "ETag": made.etag}

    def get_distribution(self, Id: str) -> dict[str, Any]:
        found = self._distribution(Id)
        return {"Distribution": self._shown(found), "ETag": found.etag}

    def get_distribution_config(self, Id: str) -> dict[str, Any]:
        found = self._distribution(Id)
        return {"DistributionConfig": copied(found.config), "ETag": found.etag}

    def update_distribution(
        self, Id: str, DistributionConfig: Any, IfMatch: str = ""
    ) -> dict[str, Any]:
        found = self._distribution(Id)
        self._require(found.etag, IfMatch)
        found.config, found.etag = copied(DistributionConfig), self._etag()
        return {"Distribution": self._shown(found), "ETag": found.etag}

    def delete_distribution(self, Id: str, IfMatch: str = "") -> None:
        found = self._distribution(Id)
        self._require(found.etag, IfMatch)
        if found.config["Enabled"]:
            raise Refusal("DistributionNotDisabled", "The distribution has not been disabled.")
        del self.distributions[Id]

    def list_distributions(self, Marker: str = "", MaxItems: str = "100") -> dict[str, Any]:
        left = [id_ for id_ in sorted(self.distributions) if id_ > Marker]
        limit = min(int(MaxItems), self._aws.page)
        items = [self._summary(self.distributions[id_]) for id_ in left[:limit]]
        more = {"NextMarker": left[limit - 1]} if left[limit:] else {}
        shown: dict[str, Any] = {
            "Marker": Marker,
            "MaxItems": int(MaxItems),
            "IsTruncated": bool(more),
            "Quantity": len(items),
        }
        return {"DistributionList": {**shown, **({"Items": items} if items else {}), **more}}

    def list_tags_for_resource(self, Resource: str) -> dict[str, Any]:
        tags = self._distribution(Resource.rsplit("/", 1)[-1]).tags
        return {"Tags": {"Items": [{"Key": key, "Value": tags[key]} for key in tags]}}

    # --- invalidations

    def create_invalidation(self, DistributionId: str, InvalidationBatch: Any) -> dict[str, Any]:
        found = self._distribution(DistributionId)
        paths = tuple(InvalidationBatch["Paths"]["Items"])
        reference = InvalidationBatch["CallerReference"]
        for made in found.invalidations:
            if made.reference == reference:
                if made.paths != paths:
                    raise Refusal("InvalidArgument", "The caller reference was used before.")
                return {"Invalidation": self._invalidation(found, made)}
        if found.waiting and self.most_in_progress <= 1:
            raise Refusal("TooManyInvalidationsInProgress", "Processing too many invalidations.")
        if any(not path.startswith("/") or "*" in path[:-1] for path in paths):
            raise Refusal("InvalidArgument", "Your request contains a invalid path")
        id_ = f"I{self._aws.number('invalidation'):013d}"
        now = self._aws.clock.now()
        made = Invalidation(id_, paths, reference, now, len(self._aws.journal))
        found.invalidations.append(made)
        found.waiting = self.busy
        found.forget(paths)
        return {"Invalidation": self._invalidation(found, made)}

    def get_invalidation(self, DistributionId: str, Id: str) -> dict[str, Any]:
        found = self._distribution(DistributionId)
        for made in found.invalidations:
            if made.id == Id:
                shown = self._invalidation(found, made)
                found.waiting = max(0, found.waiting - 1)
                return {"Invalidation": shown}
        raise Refusal("NoSuchInvalidation", "The specified invalidation does not exist.")

    def list_invalidations(self, DistributionId: str, **_: Any) -> dict[str, Any]:
        found = self._distribution(DistributionId)
        rows = [self._invalidation(found, made) for made in reversed(found.invalidations)]
        items = [{key: row[key] for key in ("Id", "CreateTime", "Status")} for row in rows]
        shown = {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": len(items)}
        return {"InvalidationList": {**shown, **({"Items": items} if items else {})}}

    # --- functions at the edge

    def create_function(self, Name: str, FunctionConfig: Any, FunctionCode: bytes) -> Any:
        if Name in self.functions:
            raise Refusal("FunctionAlreadyExists", f"A function of the name {Name} exists.")
        self.functions[Name] = {"config": FunctionConfig, "code": FunctionCode, "live": None}
        return self._described(Name, "DEVELOPMENT")

    def update_function(
        self, Name: str, IfMatch: str, FunctionConfig: Any, FunctionCode: bytes
    ) -> Any:
        found = self._function(Name)
        self._require(found["etag"], IfMatch)
        found |= {"config": FunctionConfig, "code": FunctionCode}
        return self._described(Name, "DEVELOPMENT")

    def publish_function(self, Name: str, IfMatch: str) -> dict[str, Any]:
        found = self._function(Name)
        self._require(found["etag"], IfMatch)
        found["live"] = found["code"]
        summary = self._described(Name, "LIVE", etag=found["etag"])
        return {"FunctionSummary": summary["FunctionSummary"]}

    def describe_function(self, Name: str, Stage: str = "DEVELOPMENT") -> dict[str, Any]:
        found = self._function(Name)
        if Stage == "LIVE" and found["live"] is None:
            raise Refusal("NoSuchFunctionExists", "The specified function does not exist.")
        return self._described(Name, Stage, etag=found["etag"])

    def delete_function(self, Name: str, IfMatch: str) -> None:
        self._require(self._function(Name)["etag"], IfMatch)
        del self.functions[Name]

    # ---

    # --- what can hang on a distribution

    def create_monitoring_subscription(
        self, DistributionId: str, MonitoringSubscription: Any
    ) -> None:
        found = self._distribution(DistributionId)
        self.hung.of("monitoring", found.id)["MonitoringSubscription"] = MonitoringSubscription

    def get_monitoring_subscription(self, DistributionId: str) -> dict[str, Any]:
        subscription = self.hung.of("monitoring", self._distribution(DistributionId).id)
        if not subscription:
            raise Refusal("NoSuchMonitoringSubscription", "There is no monitoring subscription.")
        return dict(subscription)

    def delete_monitoring_subscription(self, DistributionId: str) -> None:
        self.hung.pop_one("monitoring", DistributionId, "MonitoringSubscription")

    def _function(self, name: str) -> dict[str, Any]:
        if name not in self.functions:
            raise Refusal("NoSuchFunctionExists", "The specified function does not exist.")
        return self.functions[name]

    def _described(self, name: str, stage: str, etag: str | None = None) -> dict[str, Any]:
        found = self.functions[name]
        found["etag"] = etag or self._etag()
        arn = f"arn:aws:cloudfront::{self._account}:function/{name}"
        summary = {
            "Name": name,
            "Status": "UNASSOCIATED" if stage == "LIVE" else "UNPUBLISHED",
            "FunctionConfig": found["config"],
            "FunctionMetadata": {"FunctionARN": arn, "Stage": stage},
        }
        return {"FunctionSummary": summary, "ETag": found["etag"]}

    def _distribution(self, id_: str) -> Distribution:
        if id_ not in self.distributions:
            raise Refusal("NoSuchDistribution", "The specified distribution does not exist.")
        return self.distributions[id_]

    def _require(self, etag: str, if_match: str) -> None:
        if not if_match:
            raise Refusal("InvalidIfMatchVersion", "The If-Match version is missing or not valid.")
        if if_match != etag:
            raise Refusal("PreconditionFailed", "The request failed because of its If-Match.")

    def _shown(self, found: Distribution) -> dict[str, Any]:
        domain = f"d{found.id[1:].lower()}.cloudfront.net"
        return {
            "Id": found.id,
            "ARN": found.arn,
            "Status": "Deployed",
            "DomainName": domain,
            "InProgressInvalidationBatches": int(bool(found.waiting)),
            "DistributionConfig": copied(found.config),
        }

    def _summary(self, found: Distribution) -> dict[str, Any]:
        shown = self._shown(found)
        config = shown.pop("DistributionConfig")
        return {**shown, "Comment": config["Comment"], "Enabled": config["Enabled"]}

    def _invalidation(self, found: Distribution, made: Invalidation) -> dict[str, Any]:
        newest = found.invalidations[-1] is made
        paths = {"Quantity": len(made.paths), "Items": list(made.paths)}
        return {
            "Id": made.id,
            "Status": "InProgress" if newest and found.waiting else "Completed",
            "CreateTime": made.time,
            "InvalidationBatch": {"Paths": paths, "CallerReference": made.reference},
        }
