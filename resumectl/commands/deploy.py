"""`deploy`: live -> worktree, applied.

Look, guard, ask, apply infrastructure, publish the function, upload the site, test, record. Each step compares with
what is live, so after a failure or Ctrl-C at any point the same command continues. When the tests fail, function and
site go back to the last release before anything is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from resumectl.commands import smoke
from resumectl.errors import Refused, SmokeFailed
from resumectl.plan import Plan, guard
from resumectl.release import bucket
from resumectl.steps import apply, prune, record, recover, restore
from resumectl.steps.compare import Survey, survey
from resumectl.steps.live import look
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resumectl.infra.state import State
    from resumectl.plan import PartName
    from resumectl.release.ledger import Release
    from resumectl.site.manifest import ReleasedObject
    from resumectl.smoke.check import Check
    from resumectl.steps.context import Context
    from resumectl.steps.live import Live

_SETTLE_NEW: Final = 600.0
_SETTLE: Final = 20.0
_SETTLE_LOCAL: Final = 5.0


@dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        only: the parts to deploy; empty means all.
        smoke: whether to test the site afterwards.
        rollback: whether to go back when the tests fail.
        message: why, for the ledger.
        force: go on although the environment is pinned, or the guard says what would be lost.
        wait: seconds to wait for the lock.
    """

    only: Sequence[PartName] = ()
    smoke: bool = True
    rollback: bool = True
    message: str = ""
    force: bool = False
    wait: float = 0.0


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
    with ctx.locked("deploy", options.wait):
        _refuse_pinned(ctx, options)  # it may have waited for a rollback
        recover.recover(ctx)
        found = survey(ctx, options.only)
        if not found.plan and not found.planned.imported and _is_recorded(ctx, found):
            return _nothing(ctx, found.live)
        refuse_losses(ctx, found.plan, len(found.live.objects), approve, force=options.force)
        if found.plan:
            approve(found.plan)
        return _deploy(ctx, options, found)


def _refuse_pinned(ctx: Context, options: Options) -> None:
    pin = None if options.force else ctx.pins.read()
    if pin:
        raise Refused(
            f"Environment {ctx.env.name} is {pin.describe()}.",
            hint=f"When the cause is mended: resumectl unpin --env {ctx.env.name} (or deploy --force).",
            code="pinned",
        )


def _is_recorded(ctx: Context, found: Survey) -> bool:
    """Whether the last record says exactly what is live: else a deploy was interrupted before it was recorded."""
    release = found.live.released
    if release is None or release is not found.live.newest:
        return False
    manifest = {key: entry["version_id"] for key, entry in release.site.items()}
    objects = {key: entry.version_id for key, entry in found.live.objects.items()}
    applied = {"digest": ctx.infra_digest(), "serial": found.live.state.serial}
    infra = "infra" not in found.parts or release.infra == applied
    function = "function" not in found.parts or release.function == found.live.function.record
    return infra and function and ("site" not in found.parts or manifest == objects)


def _nothing(ctx: Context, live: Live) -> Outcome:
    release = live.released.summary() if live.released else None
    timings = ctx.steps.timings
    return Outcome(
        {
            "release": release,
            "changes": [],
            "urls": record.urls(live.state),
            "timings": timings,
            "checks": [],
        }
    )


def refuse_losses(
    ctx: Context, plan: Plan, live_objects: int, approve: Approve, *, force: bool
) -> None:
    """Stop before a plan that would lose data, unless that is what is wanted.

    Raises:
        Refused: it would, and `force` was not given, or the protected environment's name was not typed.
    """
    lost = guard(plan, live_objects=live_objects)
    if not lost:
        return
    if not force:
        raise Refused(
            f"{'; '.join(lost)}.", hint="If that is what you want: --force.", code="data-loss"
        )
    if ctx.env.protected:
        approve.name(ctx.env.name, f"{'; '.join(lost)}.")


def _deploy(ctx: Context, options: Options, found: Survey) -> Outcome:
    """Carry out the plan, test what came of it, and record it: last, so that a record is never ahead of the truth."""
    draft = replace(record.draft(ctx, found.plan, options.message), infra=found.live.applied)
    try:
        state = apply.infra(ctx, found)
        draft = replace(draft, infra=_infra(ctx, found, state), urls=record.urls(state))
        apply.function(ctx, found, state)
        manifest = apply.site(ctx, found, state)
        checks = _smoke(ctx, options, found, state, manifest)
        release = _release(ctx, found, state, manifest, draft)
    except SmokeFailed as unhealthy:  # the new version never worked: the alias was not moved
        return _take_back(ctx, options, found, draft, unhealthy)
    except BaseException:
        record.failure(ctx, draft)
        raise
    release = replace(release, smoke=tuple(check.as_json() for check in checks))
    error = smoke.failure(checks)
    if error:
        return _take_back(ctx, options, found, release, error)
    recorded = record.append(ctx, replace(release, status="verified" if checks else "unverified"))
    prune.prune(ctx, state)
    return Outcome(_body(ctx, recorded, found))


def _take_back(
    ctx: Context, options: Options, found: Survey, release: Release, error: SmokeFailed
) -> Outcome:
    """Return function and site to the last release, and say so in the ledger."""
    before, to = found.live.released, None
    step = ctx.steps.failed or smoke.STEP
    try:
        if before and options.rollback:
            with ctx.step("Look at what is live"):
                live = look(ctx)
            restore.carry_out(ctx, live, before, restore.changes(live, before))
            to = before.id
    finally:
        failed = replace(
            release, status="failed", failed_step=step, taken_back_to=to, function={}, site={}
        )
        recorded = record.append(ctx, failed)
    return Outcome(_body(ctx, recorded, found), error)


def _body(ctx: Context, release: Release, found: Survey) -> dict[str, object]:
    return {
        "release": release.summary(),
        "changes": [change.as_json() for change in found.plan.changes],
        "urls": dict(release.urls),
        "timings": ctx.steps.timings,
        "checks": list(release.smoke),
    }


def _infra(ctx: Context, found: Survey, state: State) -> Mapping[str, object]:
    if "infra" in found.parts:
        return record.infra_now(ctx, state)
    return found.live.applied


def _smoke(
    ctx: Context,
    options: Options,
    found: Survey,
    state: State,
    manifest: Mapping[str, ReleasedObject],
) -> tuple[Check, ...]:
    if not options.smoke or not manifest:
        return ()
    created = any(change.action in ("create", "replace") for change in found.plan.of("infra"))
    settle = _SETTLE_LOCAL if ctx.cloud.endpoint else _SETTLE_NEW if created else _SETTLE
    return smoke.check(ctx, state, {key: entry.sha256 for key, entry in manifest.items()}, settle)


def _release(
    ctx: Context,
    found: Survey,
    state: State,
    manifest: Mapping[str, ReleasedObject],
    draft: Release,
) -> Release:
    """The draft with what is live now; a function that was left alone is as the last release recorded it."""
    before = found.live.released
    function = before.function if before else {}
    if "function" in found.parts and found.archive:
        function = record.function_now(ctx, state, found.archive)
    return replace(draft, function=function, site=record.site_now(manifest))
