"""Applying a survey's plan, part by part: each does exactly what was shown, and nothing when there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.function.publish import Lambda, publish
from resumectl.infra.runner import Watch
from resumectl.plan import diff
from resumectl.site import invalidation, part, transfer
from resumectl.steps.live import objects_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resumectl.infra.part import Infra
    from resumectl.infra.state import State
    from resumectl.infra.stream import Event
    from resumectl.plan import Change
    from resumectl.site.manifest import LiveObject, ReleasedObject
    from resumectl.steps.compare import Survey
    from resumectl.steps.context import Context


def infra(ctx: Context, found: Survey) -> State:
    """Apply Terraform's saved plan; gives the state after it."""
    if found.terraform is None or not found.planned.changed:
        return found.live.state
    return terraform(ctx, found.terraform, found.plan.of("infra"))


def terraform(ctx: Context, terraform: Infra, changes: Sequence[Change]) -> State:
    """Apply the plan that Terraform saved; `changes` is what it said."""
    with ctx.step("Apply the infrastructure") as tell:
        total = sum(change.key.startswith("aws_") for change in changes)
        terraform.apply(Watch(_Counter(tell, total).event))
        return ctx.deployed_state()


class _Counter:
    """Tells how far Terraform is."""

    def __init__(self, tell: Callable[[str], None], total: int) -> None:
        self._tell = tell
        self._total = total
        self._done = 0

    def event(self, event: Event) -> None:
        self._done += event.progress == "done"
        if self._done >= self._total:
            self._tell(f"{self._total} resources")
        elif event.progress in ("started", "done"):
            self._tell(f"{self._done} of {self._total}, {event.address.removeprefix('aws_')}")


def function(ctx: Context, found: Survey, state: State) -> None:
    """Publish the function and move its alias, if anything about it differs."""
    if found.archive is None or not (found.plan.of("function") or found.planned.changed):
        return
    with ctx.step("Publish the function") as tell:
        client = ctx.cloud.client("lambda")
        name, alias = state.outputs["function_name"], state.outputs["function_alias"]
        published = publish(Lambda(client, name, alias, progress=tell), found.archive)
        tell(f"version {published.version}")


def site(ctx: Context, found: Survey, state: State) -> Mapping[str, ReleasedObject]:
    """Upload, delete, invalidate; gives the manifest of what is live then."""
    if "site" not in found.parts:
        return part.manifest_from_json(found.live.released.site) if found.live.released else {}
    objects, changes = _settled(ctx, found, state)
    written: Mapping[str, str] = {}
    if changes:
        with ctx.step("Upload the site") as tell:
            bucket = state.outputs["site_bucket"]
            written = transfer.apply(
                ctx.s3,
                bucket,
                changes,
                found.files,
                progress=lambda done, total: tell(f"{done} of {total} objects"),
            )
    invalidate(ctx, state, [*changes, *_since_release(found)])
    return part.record(found.files, objects, written)


def _since_release(found: Survey) -> Sequence[Change]:
    """What is new since the last record: an interrupted deploy may have uploaded it and not told the edges."""
    released = part.manifest_from_json(found.live.released.site) if found.live.released else {}
    return diff("site", part.released(released), part.worktree(found.files))


def _settled(
    ctx: Context, found: Survey, state: State
) -> tuple[Mapping[str, LiveObject], Sequence[Change]]:
    """The live objects and the changes; looked at again when Terraform may have made the bucket anew.

    Nothing that the plan did not announce is deleted.
    """
    announced = found.plan.of("site")
    if not found.planned.changed:
        return found.live.objects, announced
    with ctx.step("Look at the site's bucket"):
        objects = objects_of(ctx, state, found.live.released)
    keys = {change.key for change in announced}
    changes = diff("site", part.live(objects), part.worktree(found.files))
    return objects, [change for change in changes if change.after or change.key in keys]


def invalidate(ctx: Context, state: State, changes: Sequence[Change]) -> None:
    """Have the edges forget what is stale, and wait for it: the tests that follow look through them."""
    stale = invalidation.paths(changes)
    if not stale:
        return
    with ctx.step("Invalidate the cache") as tell:
        tell(", ".join(stale))
        cloudfront, distribution = ctx.cloud.client("cloudfront"), state.outputs["distribution_id"]
        reference = f"resumectl-{ctx.now():%Y%m%dT%H%M%S%f}"
        made = invalidation.invalidate(cloudfront, distribution, stale, reference)
        if made:
            invalidation.wait_invalidated(cloudfront, distribution, made)
