"""`deploy`: live -> worktree, applied.

Look, guard, ask, apply infrastructure, publish the function, upload the site, test, record. Each step compares with
what is live, so after a failure or Ctrl-C at any point the same command continues.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from resumectl import __version__
from resumectl.errors import Refused
from resumectl.function.publish import Lambda, publish
from resumectl.infra.runner import Watch
from resumectl.operations import smoke
from resumectl.operations.live import Live, function_of, objects_of
from resumectl.operations.outcome import Outcome
from resumectl.operations.survey import Survey, survey
from resumectl.plan import Plan, diff, guard
from resumectl.release import actor, bucket
from resumectl.release.ledger import Release
from resumectl.site import invalidation, part, transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resumectl.infra.state import State
    from resumectl.infra.stream import Event
    from resumectl.operations.context import Context
    from resumectl.plan import Change, PartName
    from resumectl.release.ledger import Status
    from resumectl.site.manifest import ReleasedObject
    from resumectl.smoke.check import Check

_SETTLE_NEW: Final = 600.0
_SETTLE: Final = 60.0


@dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        only: the parts to deploy; empty means all.
        smoke: whether to test the site afterwards.
        message: why, for the ledger.
        force: go on although the guard says what would be lost.
    """

    only: Sequence[PartName] = ()
    smoke: bool = True
    message: str = ""
    force: bool = False


class Approve(Protocol):
    """Whoever is asked before anything is changed."""

    def __call__(self, plan: Plan) -> None:
        """Return if the plan may be applied, raise `Refused` if not."""

    def name(self, wanted: str, why: str) -> None:
        """Return if the environment's name was typed."""


def deploy(ctx: Context, options: Options, approve: Approve) -> Outcome:
    """Make what is live what the repository says.

    Raises:
        ResumectlError: nothing was changed, or what was changed is recorded as failed.
    """
    with ctx.step("Prepare the project bucket"):
        bucket.ensure(ctx.s3, ctx.bucket, ctx.cloud.region)
    with ctx.locked("deploy"):
        ctx.infra.runner.await_orphan(ctx.steps.progress.note)
        found = survey(ctx, options.only)
        if not found.plan and _recorded(ctx, found):
            return _nothing(ctx, found.live)
        _refuse_losses(ctx, found, options, approve)
        if found.plan:
            approve(found.plan)
        return _apply(ctx, options, found)


def _nothing(ctx: Context, live: Live) -> Outcome:
    release = live.released.summary() if live.released else None
    return Outcome(
        {"release": release, "changes": [], "urls": urls(live.state), "timings": ctx.steps.timings, "checks": []}
    )


def _recorded(ctx: Context, found: Survey) -> bool:
    """Whether the last release says exactly what is live: else a deploy was interrupted before it was recorded."""
    release = found.live.released
    newest = next(iter(ctx.ledger.numbers()), None)
    if release is None or release.id != newest:
        return False
    manifest = {key: entry["version_id"] for key, entry in release.site.items()}
    objects = {key: entry.version_id for key, entry in found.live.objects.items()}
    infra = "infra" not in found.parts or release.infra.get("digest") == ctx.infra_digest()
    return infra and manifest == objects and release.function == found.live.function.record


def _refuse_losses(ctx: Context, found: Survey, options: Options, approve: Approve) -> None:
    lost = guard(found.plan, live_objects=len(found.live.objects))
    if not lost:
        return
    if not options.force:
        raise Refused("; ".join(lost) + ".", hint="If that is what you want: --force.", code="data-loss")
    if ctx.env.protected:
        approve.name(ctx.env.name, "; ".join(lost) + ".")


def urls(state: State) -> dict[str, str]:
    """The addresses of a deployed environment."""
    if "site_url" not in state.outputs:
        return {}
    return {"site": f"{state.outputs['site_url']}/", "counter": state.outputs["counter_url"]}


def _apply(ctx: Context, options: Options, found: Survey) -> Outcome:
    """Carry out the plan, test what came of it, and record it: last, so that a record is never ahead of the truth."""
    draft = _draft(ctx, options, found)
    try:
        state = _infra(ctx, found)
        _function(ctx, found, state)
        manifest = _site(ctx, found, state)
        checks = _smoke(ctx, options, found, state, manifest)
        release = _released(ctx, found, state, manifest, draft)
    except BaseException:
        _append(ctx, replace(draft, status="failed", failed_step=ctx.steps.failed))
        raise
    error = smoke.failure(checks)
    status: Status = "failed" if error else "verified" if checks else "unverified"
    tested = replace(release, status=status, smoke=tuple(check.as_json() for check in checks))
    recorded = _append(ctx, replace(tested, failed_step=smoke.STEP if error else None))
    body = {
        "release": recorded.summary(),
        "changes": [change.as_json() for change in found.plan.changes],
        "urls": dict(recorded.urls),
        "timings": ctx.steps.timings,
        "checks": list(recorded.smoke),
    }
    return Outcome(body, error)


def _infra(ctx: Context, found: Survey) -> State:
    """Apply Terraform's saved plan, if there is anything in it."""
    if not found.planned.changed:
        return found.live.state
    with ctx.step("Apply the infrastructure") as tell:
        total = sum(change.key.startswith("aws_") for change in found.plan.of("infra"))
        ctx.infra.apply(Watch(_Counter(tell, total).event))
        return ctx.deployed_state()


class _Counter:
    """Tells how far Terraform is."""

    def __init__(self, tell: Callable[[str], None], total: int) -> None:
        self._tell = tell
        self._total = total
        self._done = 0

    def event(self, event: Event) -> None:
        self._done += event.progress == "done"
        if event.progress in ("started", "done"):
            self._tell(f"{self._done} of {self._total}, {event.address.removeprefix('aws_')}")
        if self._done == self._total:
            self._tell(f"{self._total} resources")


def _function(ctx: Context, found: Survey, state: State) -> None:
    """Publish the function and move its alias, if anything about it differs."""
    if found.archive is None or not (found.plan.of("function") or found.planned.changed):
        return
    with ctx.step("Publish the function") as tell:
        client = ctx.cloud.client("lambda")
        name, alias = state.outputs["function_name"], state.outputs["function_alias"]
        published = publish(Lambda(client, name, alias, progress=tell), found.archive)
        tell(f"version {published.version}")


def _site(ctx: Context, found: Survey, state: State) -> Mapping[str, ReleasedObject]:
    """Upload, delete, invalidate; gives the manifest of what is live then."""
    if "site" not in found.parts:
        return part.manifest_from_json(found.live.released.site) if found.live.released else {}
    objects = found.live.objects
    changes: Sequence[Change] = found.plan.of("site")
    if found.planned.changed:
        with ctx.step("Look at the site's bucket"):
            objects = objects_of(ctx, state, found.live.released)
        announced = {change.key for change in changes}
        wanted = diff("site", part.live(objects), part.worktree(found.files))
        changes = [change for change in wanted if change.after or change.key in announced]
    written: Mapping[str, str] = {}
    if changes:
        with ctx.step("Upload the site") as tell:
            bucket_name = state.outputs["site_bucket"]
            written = transfer.apply(
                ctx.s3,
                bucket_name,
                changes,
                found.files,
                progress=lambda done, total: tell(f"{done} of {total} objects"),
            )
        _invalidate(ctx, state, changes)
    return part.record(found.files, objects, written)


def _invalidate(ctx: Context, state: State, changes: Sequence[Change]) -> None:
    """Have the edges forget what is stale."""
    stale = invalidation.paths(changes)
    if not stale:
        return
    with ctx.step("Invalidate the cache") as tell:
        tell(", ".join(stale))
        reference = f"resumectl-{ctx.now():%Y%m%dT%H%M%S%f}"
        invalidation.invalidate(ctx.cloud.client("cloudfront"), state.outputs["distribution_id"], stale, reference)


def _smoke(
    ctx: Context, options: Options, found: Survey, state: State, manifest: Mapping[str, ReleasedObject]
) -> tuple[Check, ...]:
    if not options.smoke or not manifest:
        return ()
    created = any(change.action in ("create", "replace") for change in found.plan.of("infra"))
    settle = _SETTLE_NEW if created and not ctx.cloud.endpoint else _SETTLE
    return smoke.check(ctx, state, {key: entry.sha256 for key, entry in manifest.items()}, settle)


def _draft(ctx: Context, options: Options, found: Survey) -> Release:
    return Release(
        id=0,
        env=ctx.env.name,
        time=ctx.now().isoformat(timespec="seconds"),
        status="unverified",
        actor=ctx.actor,
        git=actor.revision(ctx.settings.root),
        message=options.message,
        changes=found.plan.counts(),
        tool=__version__,
    )


def _released(
    ctx: Context, found: Survey, state: State, manifest: Mapping[str, ReleasedObject], draft: Release
) -> Release:
    """The draft with what is live now; parts that were left alone are as the last release recorded them."""
    before = found.live.released
    infra = {"digest": ctx.infra_digest(), "serial": state.serial} if "infra" in found.parts else None
    function = function_of(ctx, state).record if "function" in found.parts else None
    return replace(
        draft,
        infra=infra or (before.infra if before else {}),
        function=function or (before.function if before else {}),
        site=part.manifest_as_json(manifest),
        urls=urls(state),
    )


def _append(ctx: Context, release: Release) -> Release:
    with ctx.step("Record the release") as tell:
        recorded = ctx.ledger.append(replace(release, timings=dict(ctx.steps.timings)))
        tell(f"#{recorded.id}, {recorded.status}")
    return recorded
