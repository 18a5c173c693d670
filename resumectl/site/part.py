"""The site: the objects that visitors get, their bytes and headers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from resumectl.errors import ResumectlError
from resumectl.part import Applied, Comparison, Drift, Part
from resumectl.plan import diff, resource_type
from resumectl.progress import Silent, Step, Steps
from resumectl.site import deletion, invalidation, listing, snapshot, transfer
from resumectl.site.bucket import SiteBucket
from resumectl.site.built import Builder, BuiltSite
from resumectl.site.record import SiteRecord

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.part import Changes, Outputs
    from resumectl.plan import Change
    from resumectl.progress import Tell
    from resumectl.release.ledger import Heads
    from resumectl.release.record import Need, Release
    from resumectl.site.manifest import LiveObject, ReleasedObject

_BUILD: Final = Step("build-site", "Build the site")
_LOOK: Final = Step("list-site", "List the site's bucket")
_UPLOAD: Final = Step("upload-site", "Upload the site")
_RESTORE: Final = Step("restore-site", "Restore the site")
_INVALIDATE: Final = Step("invalidate-site", "Invalidate the cache")


@dataclass(frozen=True)
class SiteLive:
    """The site's bucket as it is now.

    Attributes:
        bucket: its name; None before Terraform made it.
        released: what the live release recorded.
    """

    bucket: str | None = None
    objects: Mapping[str, LiveObject] = field(default_factory=dict)
    released: Mapping[str, ReleasedObject] = field(default_factory=dict)

    @property
    def rewritten(self) -> Changes:
        """What was written since the last record: a crashed run may not have invalidated it."""
        recorded = {key: {"version": entry.version_id} for key, entry in self.released.items()}
        live = {key: {"version": entry.version_id} for key, entry in self.objects.items()}
        return diff(SitePart.name, recorded, live)


Wanted = BuiltSite | SiteRecord


@dataclass(frozen=True)
class SitePart(Part[SiteLive, Wanted]):
    """The objects of one environment's site.

    Attributes:
        builder: builds the checkout's site.
        client: gives the boto3 client of a service.
        owner: the account that must own the bucket.
        now: the time of day, with its zone.
    """

    name: ClassVar[str] = "site"
    harmless: ClassVar[frozenset[str]] = snapshot.HARMLESS

    builder: Builder
    client: Callable[[str], Client]
    owner: Callable[[], str]
    now: Callable[[], datetime]
    steps: Steps

    # --- looking

    def worktree(self) -> BuiltSite:
        return self._build(self.steps)

    def released(self, release: Release) -> SiteRecord:
        return _recorded(release)

    def live(self, outputs: Outputs, released: Release | None) -> SiteLive:
        manifest = _recorded(released).objects
        bucket = outputs.get("site_bucket")
        if bucket is None:
            return SiteLive(released=manifest)
        return SiteLive(bucket, listing.live(self._bucket(bucket), manifest), manifest)

    def pending(self, heads: Heads) -> int | None:
        try:
            built = self._build(Steps(Silent()))
        except ResumectlError:
            return None
        released = snapshot.described(_recorded(heads.released).objects)
        return len(diff(self.name, released, snapshot.described(built.objects)))

    # --- comparing

    def compare(
        self, live: SiteLive, wanted: Wanted | None, earlier: Changes, stop: threading.Event
    ) -> Comparison[SiteLive, Wanted]:
        if wanted is None:
            return Comparison(self.name, live, None)
        if any(_makes_bucket(change) for change in earlier):
            live = replace(live, bucket=None, objects={})
        before, after = snapshot.live(live.objects), snapshot.described(wanted.objects)
        return Comparison(self.name, live, wanted, diff(self.name, before, after))

    def losses(self, comparison: Comparison[SiteLive, Wanted]) -> Sequence[str]:
        count = len(comparison.live.objects)
        deletes = sum(change.action == "delete" for change in comparison.changes)
        if deletes * 2 > count:
            return [f"{deletes} of the site's {count} objects would be deleted"]
        return ()

    def check(self, comparison: Comparison[SiteLive, Wanted], outputs: Outputs) -> None:
        wanted, bucket = comparison.wanted, comparison.live.bucket
        if isinstance(wanted, BuiltSite) and bucket and not comparison.live.objects:
            transfer.refuse_missing_bucket(self._bucket(bucket))
        if isinstance(wanted, SiteRecord):
            keys = [change.key for change in comparison.changes if change.after is not None]
            site = self._bucket(outputs["site_bucket"])
            transfer.refuse_missing(site, keys, wanted.objects)

    def is_recorded(self, comparison: Comparison[SiteLive, Wanted], heads: Heads) -> bool:
        recorded = _versions(_recorded(heads.released).objects)
        return comparison.wanted is None or recorded == _versions(comparison.live.objects)

    def record(self, document: Mapping[str, Any]) -> SiteRecord:
        return SiteRecord.from_json(document)

    # --- writing

    def apply(self, comparison: Comparison[SiteLive, Wanted], outputs: Outputs) -> Applied:
        wanted = comparison.wanted
        if wanted is None:
            return Applied(None)
        comparison = self._settled(comparison, outputs)
        written = self._transfer(wanted, comparison, outputs)
        self._invalidate(wanted, comparison, outputs)
        return Applied(SiteRecord.of(wanted.objects, comparison.live.objects, written))

    def intent(self, comparison: Comparison[SiteLive, Wanted]) -> Mapping[str, Any] | None:
        """The objects to write: the version that each had, and the digest that it is to have."""
        before = _versions(comparison.live.objects)
        objects = {
            change.key: {"before": before.get(change.key), "sha256": change.after["sha256"]}
            for change in comparison.changes
            if change.after is not None
        }
        return {"objects": objects} if objects else None

    def left(
        self, intent: Mapping[str, Any], live: SiteLive | None, outputs: Outputs
    ) -> frozenset[Need]:
        """The objects that are another version now, with the bytes that were to be written."""
        objects = live.objects if live else {}
        return frozenset(
            (key, now.version_id)
            for key, planned in intent["objects"].items()
            if (now := objects.get(key)) and now.version_id != planned["before"]
            if now.fields["sha256"] == planned["sha256"]
        )

    def prune(self, needs: Iterable[Need], outputs: Outputs) -> None:
        old = sorted((key, version) for key, version in needs)
        deletion.delete_versions(self._bucket(outputs["site_bucket"]), old)

    # --- drift

    def drift(self, heads: Heads, live: SiteLive, stop: threading.Event) -> Drift:
        released = snapshot.described(_recorded(heads.released).objects)
        changes = tuple(
            replace(change, kind=_kind(change))
            for change in diff(self.name, released, snapshot.live(live.objects))
        )
        times = {change.key: live.objects.get(change.key) for change in changes}
        since = {key: entry.modified for key, entry in times.items() if entry and entry.modified}
        return Drift(changes, since)

    def revert(
        self, heads: Heads, live: SiteLive, drift: Changes, ignored: Changes
    ) -> Comparison[SiteLive, Wanted]:
        record = _recorded(heads.released)
        kept = {change.key for change in ignored}
        changes = diff(self.name, snapshot.live(live.objects), snapshot.described(record.objects))
        changes = tuple(change for change in changes if change.key not in kept)
        return Comparison(self.name, live, record, changes)

    # ---

    def _bucket(self, name: str) -> SiteBucket:
        return SiteBucket(self.client("s3"), name, self.owner())

    def _build(self, steps: Steps) -> BuiltSite:
        with steps(_BUILD) as tell:
            return self.builder.build(tell)

    def _settled(
        self, comparison: Comparison[SiteLive, Wanted], outputs: Outputs
    ) -> Comparison[SiteLive, Wanted]:
        """The comparison with a bucket that was missing or unknown when it was made.

        What is there already need not be uploaded again; nothing is added to the changes.
        """
        bucket = outputs["site_bucket"]
        if comparison.live.bucket == bucket:
            return comparison
        with self.steps(_LOOK):
            objects = listing.live(self._bucket(bucket), comparison.live.released)
        now = snapshot.live(objects)
        changes = [
            replace(change, before=now.get(change.key))
            for change in comparison.changes
            if now.get(change.key) != change.after
        ]
        live = replace(comparison.live, bucket=bucket, objects=objects)
        return replace(comparison, live=live, changes=tuple(changes))

    def _transfer(
        self, wanted: Wanted, comparison: Comparison[SiteLive, Wanted], outputs: Outputs
    ) -> Mapping[str, str]:
        """Returns the version id of every object that was written, by key."""
        changes, live = comparison.changes, comparison.live.objects
        if not changes:
            return {}
        bucket = self._bucket(outputs["site_bucket"])
        if isinstance(wanted, BuiltSite):
            with self.steps(_UPLOAD) as tell:
                return transfer.apply(
                    bucket, changes, wanted.objects, live, progress=_counter(tell)
                )
        with self.steps(_RESTORE) as tell:
            return transfer.restore(bucket, changes, wanted.objects, live, progress=_counter(tell))

    def _invalidate(
        self, wanted: Wanted, comparison: Comparison[SiteLive, Wanted], outputs: Outputs
    ) -> None:
        """Invalidate stale paths and wait: the smoke test goes through the CDN.

        Also what is new since the last record: a crashed run may have uploaded it without
        invalidating.
        """
        released = snapshot.described(comparison.live.released)
        since = diff(self.name, released, snapshot.described(wanted.objects))
        stale = invalidation.paths([*comparison.changes, *since, *comparison.live.rewritten])
        if not stale:
            return
        with self.steps(_INVALIDATE) as tell:
            tell(", ".join(stale))
            cloudfront, distribution = self.client("cloudfront"), outputs["distribution_id"]
            reference = f"resumectl-{self.now():%Y%m%dT%H%M%S%f}"
            started = invalidation.invalidate(cloudfront, distribution, stale, reference)
            if started:
                invalidation.wait_invalidated(cloudfront, distribution, started)


def _recorded(release: Release | None) -> SiteRecord:
    record = release.parts.get(SitePart.name) if release else None
    return record if isinstance(record, SiteRecord) else SiteRecord({})


def _makes_bucket(change: Change) -> bool:
    made = change.action in ("create", "replace")
    return made and resource_type(change.key) == "aws_s3_bucket"


def _versions(objects: Mapping[str, ReleasedObject] | Mapping[str, LiveObject]) -> dict[str, str]:
    return {key: entry.version_id for key, entry in objects.items()}


def _kind(change: Change) -> str:
    if change.before is None:
        return "unmanaged"
    if change.after is None:
        return "deleted"
    return "object" if "sha256" in change.fields else "headers"


def _counter(tell: Tell) -> Callable[[int, int], None]:
    return lambda done, total: tell(f"{done} of {total} objects")
