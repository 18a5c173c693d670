"""A command that was killed is recorded by the next one: as failed, with what it uploaded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from resumectl.release.bucket import UNREADABLE

if TYPE_CHECKING:
    from resumectl.part import AnyPart
    from resumectl.release.journal import Entry
    from resumectl.release.record import Need, Release
    from resumectl.steps.context import Context
    from resumectl.steps.look import Scene


def settle(ctx: Context, scene: Scene) -> Scene:
    """Record a killed command; the deploy lock must be held. Returns the scene with the record."""
    entry = _entry(ctx, scene)
    if entry is None:
        return scene
    failed = _failed(ctx, scene, entry)
    if failed:
        failed = ctx.releases.ledger.append(failed)
        who = failed.actor.get("name")
        ctx.steps.note(f"The {failed.kind} of {who} was interrupted: recorded as #{failed.id}.")
    if entry.draft is None:
        ctx.steps.note(
            "The journal of an interrupted command cannot be read. What it uploaded is not pruned."
        )
    ctx.releases.ledger.journal.remove(entry)
    return _after(scene, failed)


def foresee(ctx: Context, scene: Scene) -> Scene:
    """The scene that `settle` would return; nothing is written."""
    entry = _entry(ctx, scene)
    return _after(scene, _failed(ctx, scene, entry) if entry else None)


def _entry(ctx: Context, scene: Scene) -> Entry | None:
    return ctx.releases.ledger.journal.read() if scene.heads.unfinished else None


def _after(scene: Scene, failed: Release | None) -> Scene:
    heads = replace(scene.heads, newest=failed or scene.heads.newest, unfinished=False)
    return replace(scene, heads=heads)


def _failed(ctx: Context, scene: Scene, entry: Entry) -> Release | None:
    """The record of a killed command; None if it was recorded, and killed just after that."""
    heads = scene.heads
    if entry.draft is None or (heads.newest and heads.newest.id > entry.newest):
        return None
    standing = {
        part.name: record
        for part in ctx.parts
        if not part.rolls_back and (record := heads.standing(part.name))
    }
    left = {part.name: _left(part, scene, entry) for part in ctx.parts}
    uploaded = {name: needs for name, needs in left.items() if needs}
    return replace(
        entry.draft, status="failed", interrupted=True, parts=standing, uploaded=uploaded
    )


def _left(part: AnyPart, scene: Scene, entry: Entry) -> frozenset[Need]:
    intent = entry.intents.get(part.name)
    if intent is None:
        return frozenset()
    try:
        return part.left(intent, scene.lives.get(part.name), scene.outputs)
    except UNREADABLE:
        return frozenset()
