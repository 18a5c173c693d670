"""`drift --fix`: live -> released, for exactly what drifted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from resumectl.commands import drift, smoke
from resumectl.commands.deploy import refuse_losses
from resumectl.errors import ResumectlError
from resumectl.infra import runs
from resumectl.infra.runner import Watch
from resumectl.infra.snapshot import settled
from resumectl.plan import Plan, diff
from resumectl.steps import apply, record, recover, restore, takeover, unmanaged
from resumectl.steps.live import function_of, look
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resumectl.commands.deploy import Approve
    from resumectl.errors import SmokeFailed
    from resumectl.infra.part import Infra, Module, Planned
    from resumectl.infra.state import State
    from resumectl.plan import Change
    from resumectl.release.ledger import Release
    from resumectl.site.manifest import ReleasedObject
    from resumectl.steps.context import Context
    from resumectl.steps.live import Live

_SETTLE: Final = 20.0


def fix(ctx: Context, approve: Approve, *, force: bool) -> Outcome:
    """Put back what drifted, test, record, and look again.

    Raises:
        Refused: it would lose data, or the question was answered with no.
        ResumectlError: something is still different afterwards.
    """
    ctx.require_release()
    with ctx.locked("drift --fix"):
        recover.recover(ctx)
        found = drift.find(ctx)
        if not found.plan:
            return Outcome({**drift.body(ctx, found), "fixed": False})
        released = found.live.released
        if released is None:
            raise ResumectlError(
                "Nothing was released yet.", hint=f"resumectl deploy --env {ctx.env.name}"
            )
        with ctx.step("Look for what was released"):
            restore.check(ctx, found.live.state, released, _restored(found, found.live, released))
        terraform, planned = _plan(ctx, found)
        back = _back(found, planned)
        refuse_losses(ctx, back, len(found.live.objects), approve, force=force)
        approve(back)
        release, failed = _fix(ctx, found, released, terraform, planned)
        left = (*drift.find(ctx).plan.changes, *_untouched(found, ctx.deployed_state()))
    body = {**drift.body(ctx, found), "fixed": not left, "release": release.id}
    return Outcome(body, failed or _left(left))


def _plan(ctx: Context, found: drift.Drift) -> tuple[Infra, Planned]:
    """What Terraform would do to get back to the configuration that was released; ignored differences stay."""
    module = _with_released_code(ctx, drift.released_module(ctx, found.live), found.live.released)
    drifted = [change.key for change in found.plan.of("infra") if change.key.startswith("aws_")]
    with ctx.step("Plan the infrastructure"):
        return takeover.plan(ctx, module, Watch, targets=drifted if found.ignored else ())


def _with_released_code(ctx: Context, module: Module, released: Release | None) -> Module:
    """A function that is gone is made anew from the code that was released, whatever was packaged here last."""
    sha256 = released.function.get("sha256") if released else None
    kept = ctx.artifacts.read("function", sha256) if sha256 else None
    if kept is None:
        return module
    file = runs.folder(ctx.work) / "released.zip"
    file.write_bytes(kept)
    function = {**module.variables["function"], "package": str(file)}
    return replace(module, variables={**module.variables, "function": function})


def _back(found: drift.Drift, planned: Planned) -> Plan:
    """The plan of the way back: what will be done, not what happened."""
    infra = diff("infra", planned.live, planned.wanted)
    others = [change for change in found.plan.changes if change.part != "infra" or _extra(change)]
    return Plan(
        (*infra, *(replace(change, before=change.after, after=change.before) for change in others))
    )


def _restored(found: drift.Drift, live: Live, released: Release) -> Plan:
    """The way back of function and site; what is ignored stays."""
    ignored = {change.key for change in found.ignored}
    return Plan(
        tuple(
            change
            for change in restore.changes(live, released).changes
            if change.key not in ignored
        )
    )


def _extra(change: Change) -> bool:
    return change.part == "infra" and change.kind == "unmanaged"


def _fix(
    ctx: Context, found: drift.Drift, released: Release, terraform: Infra, planned: Planned
) -> tuple[Release, SmokeFailed | None]:
    draft = record.draft(ctx, found.plan, "drift --fix")
    try:
        state = found.live.state
        if planned.changed:
            state = apply.terraform(ctx, terraform, diff("infra", planned.live, planned.wanted))
        unmanaged.remove(
            ctx, found.live, [change for change in found.plan.changes if _extra(change)]
        )
        with ctx.step("Look at what is live"):
            live = look(ctx)
        manifest = restore.carry_out(ctx, live, released, _restored(found, live, released))
        checks = smoke.check(ctx, state, _pages(manifest), settle=_SETTLE)
    except BaseException:
        record.failure(ctx, draft)
        raise
    error = smoke.failure(checks)
    ignored_parts = {change.part for change in found.ignored}
    done = replace(
        draft,
        status="failed" if error else released.status,
        failed_step=smoke.STEP if error else None,
        repair_of=released.origin,
        git=released.git,
        infra={**found.live.applied, "serial": state.serial},
        function=released.function
        if "function" in ignored_parts
        else function_of(ctx, state).record,
        site=record.site_now(manifest),
        urls=record.urls(state),
        smoke=tuple(check.as_json() for check in checks),
    )
    return record.append(ctx, done), error


def _pages(manifest: Mapping[str, ReleasedObject]) -> dict[str, str]:
    return {key: entry.sha256 for key, entry in manifest.items()}


def _untouched(found: drift.Drift, state: State) -> tuple[Change, ...]:
    """What Terraform read into its state and let be: its configuration says nothing of it."""
    now = {resource.address: settled(resource.attributes) for resource in state.resources}
    drifted = [
        change
        for change in found.plan.of("infra")
        if change.kind == "changed" and change.key in now
    ]
    return tuple(
        change
        for change in drifted
        if change.after
        and any(change.after.get(name) == now[change.key].get(name) for name in change.fields)
    )


def _left(left: Sequence[Change]) -> ResumectlError | None:
    if not left:
        return None
    said = ", ".join(f"{change.key} ({', '.join(change.fields)})" for change in left[:3])
    many = "1 difference is" if len(left) == 1 else f"{len(left)} differences are"
    hint = "What terraform/ says nothing of is not put back: say it there and deploy, or undo it by hand."
    return ResumectlError(f"{many} still there: {said}.", hint=hint, code="not-fixed")
