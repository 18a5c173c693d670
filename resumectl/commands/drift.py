"""`drift`: released -> live. What changed behind our back, by kind; read-only.

Infrastructure is judged by Terraform's own refresh against its state, with the configuration that was released, so what
the worktree holds by now is not drift. Function and site are judged against the ledger. What no release ever put there
is asked for by name.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import Exit, ResumectlError
from resumectl.function import deployed
from resumectl.function.deployed import LATEST
from resumectl.infra import configuration, runs
from resumectl.infra.part import Module, package
from resumectl.infra.runner import Watch
from resumectl.plan import REPLACE, Plan, diff, of_kind
from resumectl.site import part
from resumectl.steps import pending, unmanaged
from resumectl.steps.live import Live, look
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from resumectl.plan import Change
    from resumectl.settings import Ignore
    from resumectl.steps.context import Context

_BYTES: Final = {"sha256"}


@dataclass(frozen=True)
class Drift:
    """What was found.

    Attributes:
        plan: released -> live, each change with its kind.
        live: what was looked at.
        since: when a resource was changed, by address, as far as AWS knows.
        unchecked: what could not be looked at, and why.
        ignored: what the settings excuse.
        expired: entries of the settings that excuse nothing any more.
    """

    plan: Plan
    live: Live
    since: Mapping[str, str] = field(default_factory=dict)
    unchecked: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[Change, ...] = ()
    expired: tuple[Ignore, ...] = ()


def drift(ctx: Context) -> Outcome:
    """Report what drifted."""
    found = find(ctx)
    code = Exit.DIFFERENT if found.plan else Exit.OK
    return Outcome({**body(ctx, found), "fixed": False}, code=code)


def body(ctx: Context, found: Drift) -> dict[str, Any]:
    """The keys of the document."""
    released = found.live.released
    return {
        "release": released.id if released else None,
        "changes": [described(change, found) for change in found.plan.changes],
        "pending": pending.counts(ctx, found.live),
        "unchecked": dict(found.unchecked),
        "ignored": [change.as_json() for change in found.ignored],
        "expired_ignores": [
            {"key": ignore.key, "reason": ignore.reason, "until": ignore.until.isoformat()}
            for ignore in found.expired
        ],
    }


def find(ctx: Context, *, lenient: bool = False) -> Drift:
    """Look at everything.

    Args:
        ctx: the environment.
        lenient: go on when Terraform cannot be asked, and say so.

    Raises:
        Refused: the environment was never deployed.
        TerraformError: Terraform cannot be asked.
    """
    with ctx.step("Look at what is live"):
        ctx.deployed_state()
        live = look(ctx)
    unchecked: dict[str, str] = {}
    infra: tuple[Change, ...] = ()
    since: Mapping[str, str] = {}
    with ThreadPoolExecutor(1, thread_name_prefix="unmanaged") as pool:
        extra = pool.submit(unmanaged.find, ctx, live)
        try:
            infra, since = _infra(ctx, live)
        except ResumectlError as error:
            if not lenient:
                raise
            unchecked["infra"] = error.message
    changes = (*_serial(live), *infra, *extra.result(), *uploaded(live))
    today = ctx.now().date()
    holding = [ignore for ignore in ctx.settings.ignores if ignore.until >= today]
    reported = [
        change for change in changes if not any(_covers(ignore, change) for ignore in holding)
    ]
    ignored = [change for change in changes if change not in reported]
    expired = [ignore for ignore in ctx.settings.ignores if ignore.until < today]
    return Drift(Plan(tuple(reported)), live, since, unchecked, tuple(ignored), tuple(expired))


def _covers(ignore: Ignore, change: Change) -> bool:
    """Whether an entry of the settings excuses a change, all of it."""
    return fnmatchcase(change.key, ignore.key) and (
        not ignore.fields or set(change.fields) <= set(ignore.fields)
    )


def _infra(ctx: Context, live: Live) -> tuple[tuple[Change, ...], Mapping[str, str]]:
    with ctx.step("Compare the infrastructure"):
        planned = ctx.infra_of(released_module(ctx, live)).plan(Watch(), "refresh-only")
    changes = diff("infra", planned.live, planned.wanted)
    deleted = [change for change in changes if change.after is None]
    changed = [change for change in changes if change.after is not None]
    return (*of_kind("changed", changed), *of_kind("deleted", deleted)), planned.since


def released_module(ctx: Context, live: Live) -> Module:
    """The configuration that was applied last; the worktree's when none was kept."""
    digest = live.applied.get("digest")
    kept = ctx.artifacts.read("infra", digest) if digest else None
    if kept is None:
        return ctx.module
    directory = runs.folder(ctx.work) / "released"
    values = configuration.unpack(kept, directory)
    values["function"]["package"] = str(package(ctx.work))
    return Module(directory, values)


def _serial(live: Live) -> tuple[Change, ...]:
    """A state that was written since the last record: by an interrupted deploy, or by Terraform run by hand."""
    recorded = live.applied.get("serial")
    if recorded is None or recorded == live.state.serial:
        return ()
    before, after = {"serial": recorded}, {"serial": live.state.serial}
    return of_kind(
        "changed", diff("infra", {"terraform.state": before}, {"terraform.state": after})
    )


def uploaded(live: Live) -> tuple[Change, ...]:
    """What differs in function and site."""
    return (*_function(live), *_site(live))


def _function(live: Live) -> Iterator[Change]:
    """A function or alias that is gone is Terraform's to tell."""
    recorded = deployed.released(live.released.function) if live.released else {}
    for change in diff("function", recorded, live.function.snapshot):
        if change.before is not None and change.after is not None:
            only_settings = change.fields == ("settings",)
            yield replace(change, kind="settings" if only_settings else "code")


def _site(live: Live) -> Iterator[Change]:
    recorded = part.released(part.manifest_from_json(live.released.site)) if live.released else {}
    for change in diff("site", recorded, part.live(live.objects)):
        yield replace(change, kind=_site_kind(change))


def _site_kind(change: Change) -> str:
    if change.before is None:
        return "unmanaged"
    if change.after is None:
        return "deleted"
    return "object" if _BYTES & set(change.fields) else "headers"


def described(change: Change, found: Drift) -> dict[str, Any]:
    """A change with what it was, what it is, and since when; sensitive values are already hidden."""
    before, after = change.before or {}, change.after or {}
    values = {
        name: {"from": before.get(name), "to": after.get(name)}
        for name in change.fields
        if name != REPLACE
    }
    return {**change.as_json(), "values": values, "since": _since(change, found)}


def _since(change: Change, found: Drift) -> str | None:
    """AWS does not know when an alias was moved, nor when most resources were changed."""
    if change.part == "infra":
        return found.since.get(change.key)
    if change.part == "site":
        return found.live.objects[change.key].modified if change.key in found.live.objects else None
    return (
        found.live.function.latest.modified
        if change.key == LATEST and found.live.function.latest
        else None
    )
