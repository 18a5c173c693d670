"""How live differs from what was released, in all parts: for drift, its revert, and status."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any

from resumectl import aws
from resumectl.disclosure import shown
from resumectl.errors import CloudError, ResumectlError
from resumectl.part import Drift
from resumectl.plan import REPLACE, Plan
from resumectl.steps.look import RELEASES
from resumectl.steps.together import Together

if TYPE_CHECKING:
    from resumectl.part import AnyPart, Changes, Unseen
    from resumectl.plan import Change
    from resumectl.settings import Ignore
    from resumectl.steps.context import Context
    from resumectl.steps.look import Scene


@dataclass(frozen=True)
class Drifted:
    """How live differs from what was released.

    Attributes:
        plan: released -> live, each change with its kind.
        since: when a change was made, by part and key, as far as AWS knows.
        unchecked: why a part could not be compared, by its name.
        ignored: changes that the settings ignore.
        expired: entries of the settings that no longer hold.
        lost: data that is gone, and how to get it back, one line each.
        harmless: the fields of each part whose text is shown.
        unseen: what could not be looked at, by part.
    """

    plan: Plan
    scene: Scene
    since: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unchecked: Mapping[str, str] = field(default_factory=dict)
    ignored: Changes = ()
    expired: tuple[Ignore, ...] = ()
    lost: tuple[str, ...] = ()
    harmless: Mapping[str, Collection[str]] = field(default_factory=dict)
    unseen: Mapping[str, Sequence[Unseen]] = field(default_factory=dict)

    def ignored_of(self, part: str) -> Changes:
        """The ignored changes of one part."""
        return Plan(self.ignored).of(part)


def find(ctx: Context, scene: Scene, *, lenient: bool = False) -> Drifted:
    """Compare everything.

    Args:
        ctx: the environment.
        scene: what was read; the environment is deployed.
        lenient: go on if a part cannot be compared, and say so.

    Raises:
        ResumectlError: a part cannot be compared.
    """
    unchecked: dict[str, str] = {}
    with Together(len(ctx.parts)) as together:

        def compare(part: AnyPart) -> Drift:
            if part.name in scene.unread:
                unchecked[part.name] = scene.unread[part.name]
                return Drift()
            try:
                with aws.translated(f"comparing the {part.name} with what was released"):
                    return part.drift(scene.heads, scene.lives[part.name], together.stop)
            except ResumectlError as error:
                if not lenient:
                    raise
                unchecked[part.name] = error.message
                return Drift()

        futures = [together(partial(compare, part)) for part in ctx.parts]
        together.wait()
        drifts = [future.result() for future in futures]
    return _sorted(ctx, scene, drifts, unchecked)


def pending(ctx: Context, scene: Scene) -> dict[str, int | None]:
    """How many changes wait to be deployed, by part; None if that cannot be told."""
    if RELEASES in scene.unread:
        return dict.fromkeys([part.name for part in ctx.parts])
    return {part.name: part.pending(scene.heads) for part in ctx.parts}


def blindness(drifted: Drifted) -> CloudError | None:
    """The error if something could not be looked at: then nobody can say that nothing drifted."""
    unseen = [str(one) for looks in drifted.unseen.values() for one in looks]
    if not unseen:
        return None
    return CloudError(
        f"Could not look at: {', '.join(unseen)}.",
        hint="Grant the permissions: docs/permissions.md lists what each command needs.",
        code="unseen",
    )


def unseen(drifted: Drifted) -> list[dict[str, str]]:
    """What could not be looked at, as JSON documents show it."""
    rows = ((part, one) for part, looks in drifted.unseen.items() for one in looks)
    return [{"part": part, **asdict(one)} for part, one in rows]


def body(ctx: Context, drifted: Drifted) -> dict[str, Any]:
    """The keys of the document that drift and its revert share."""
    released = drifted.scene.heads.released
    return {
        "release": released.id if released else None,
        "changes": [describe(change, drifted) for change in drifted.plan.changes],
        "pending": pending(ctx, drifted.scene),
        "lost": list(drifted.lost),
        "unchecked": dict(drifted.unchecked),
        "unseen": unseen(drifted),
        "ignored": [change.as_json() for change in drifted.ignored],
        "expired_ignores": [
            {"key": entry.key, "reason": entry.reason, "until": entry.until.isoformat()}
            for entry in drifted.expired
        ],
    }


def describe(change: Change, drifted: Drifted) -> dict[str, Any]:
    """A change: what it was, what it is, since when; a digest in place of what can be secret."""
    harmless = drifted.harmless.get(change.part, ())
    before, after = (
        {name: shown(value, name, harmless) for name, value in (side or {}).items()}
        for side in (change.before, change.after)
    )
    values = {
        name: {"from": before.get(name), "to": after.get(name)}
        for name in change.fields
        if name != REPLACE
    }
    since = drifted.since.get((change.part, change.key))
    return {**change.as_json(), "values": values, "since": since}


def _sorted(
    ctx: Context, scene: Scene, drifts: list[Drift], unchecked: Mapping[str, str]
) -> Drifted:
    """Tell what the settings ignore from the rest."""
    today = ctx.origin.now().date()
    holding = [ignore for ignore in ctx.ignores if ignore.until >= today]
    changes = [change for drift in drifts for change in drift.changes]
    ignored = tuple(c for c in changes if any(_covers(ignore, c) for ignore in holding))
    return Drifted(
        Plan(tuple(change for change in changes if change not in ignored)),
        scene,
        {
            (part.name, key): time
            for part, drift in zip(ctx.parts, drifts, strict=True)
            for key, time in drift.since.items()
        },
        unchecked,
        ignored,
        tuple(ignore for ignore in ctx.ignores if ignore.until < today),
        tuple(line for drift in drifts for line in drift.lost),
        {part.name: part.harmless for part in ctx.parts},
        {part.name: d.unseen for part, d in zip(ctx.parts, drifts, strict=True) if d.unseen},
    )


def _covers(ignore: Ignore, change: Change) -> bool:
    """Whether an entry of the settings covers all of a change."""
    fields = not ignore.fields or set(change.fields) <= set(ignore.fields)
    return fnmatchcase(change.key, ignore.key) and fields
