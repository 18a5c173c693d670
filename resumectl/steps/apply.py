"""The tail of deploy, rollback and revert: apply what was shown, test it, record it.

The record comes last, from what was applied and read back, so it is never ahead of the truth. A
part with nothing to do keeps the record that it had.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from resumectl import aws
from resumectl.errors import SmokeFailed, Unseen
from resumectl.smoke.verdict import failure
from resumectl.steps import record
from resumectl.steps.compare import plan_of, to_release
from resumectl.steps.look import look
from resumectl.steps.smoke import SMOKE

if TYPE_CHECKING:
    from resumectl.errors import ResumectlError
    from resumectl.part import AnyPart, Applied, Outputs
    from resumectl.release.ledger import Heads
    from resumectl.release.record import Need, Record, Release
    from resumectl.smoke.check import Check
    from resumectl.steps.compare import AnyComparison
    from resumectl.steps.context import Context
    from resumectl.steps.look import Scene


@dataclass(frozen=True)
class Ending:
    """How it ended: the recorded release, and why it failed if it did."""

    release: Release
    outputs: Outputs
    error: ResumectlError | None = None


@dataclass(frozen=True)
class Choices:
    """Whether to run the smoke test, and whether to take back what was changed if it fails."""

    smoke: bool = True
    take_back: bool = False


def carry_out(
    ctx: Context,
    scene: Scene,
    comparisons: Sequence[AnyComparison],
    draft: Release,
    choices: Choices = Choices(),
) -> Ending:
    """Apply, test and record.

    Raises:
        ResumectlError: something failed; what was changed is recorded as failed.
    """
    work = _Work(ctx, scene, comparisons, draft)
    try:
        work.apply()
        if choices.smoke:
            work.test()
    except SmokeFailed as unhealthy:  # a new version did not work, and got no traffic
        return work.failed(unhealthy, take_back=choices.take_back)
    except BaseException:
        record.append_failure(ctx, work.standing)
        raise
    error = failure(work.checks)
    if isinstance(error, SmokeFailed):
        return work.failed(error, take_back=choices.take_back)
    return work.stands(error)


class _Work:
    """What was done so far."""

    def __init__(
        self, ctx: Context, scene: Scene, comparisons: Sequence[AnyComparison], draft: Release
    ) -> None:
        self._ctx, self._scene, self._comparisons, self._draft = ctx, scene, comparisons, draft
        self._standing = {part.name for part in ctx.parts if not part.rolls_back}
        self._records = {
            part.name: record for part in ctx.parts if (record := _known(part, scene.heads))
        }
        self._uploaded: dict[str, frozenset[Need]] = {}
        self._outputs = scene.outputs
        self.checks: tuple[Check, ...] = ()

    @property
    def _release(self) -> Release:
        return replace(
            self._draft,
            parts=dict(self._records),
            urls=record.urls(self._outputs),
            smoke=tuple(check.as_json() for check in self.checks),
        )

    @property
    def standing(self) -> Release:
        """The release with only those parts that stay as they are when it fails."""
        release = self._release
        parts = {name: part for name, part in release.parts.items() if name in self._standing}
        return replace(release, parts=parts, uploaded=dict(self._uploaded))

    def apply(self) -> None:
        """Apply each part, and hand its outputs to the next."""
        self._open_journal()
        for part, comparison in zip(self._ctx.parts, self._comparisons, strict=True):
            applied = self._applied(part, comparison)
            self._outputs = {**self._outputs, **applied.outputs}
            if applied.record is not None:
                self._keep(part.name, applied.record)

    def _open_journal(self) -> None:
        pairs = zip(self._ctx.parts, self._comparisons, strict=True)
        intents = {part.name: part.intent(comparison) for part, comparison in pairs}
        uploads = {name: intent for name, intent in intents.items() if intent}
        if uploads:
            newest = self._scene.heads.newest
            journal = self._ctx.releases.ledger.journal
            with aws.translated("noting what is about to be uploaded"):
                journal.open(self._draft, newest.id if newest else 0, uploads)

    def _applied(self, part: AnyPart, comparison: AnyComparison) -> Applied:
        try:
            return part.apply(comparison, self._outputs)
        except BaseException:
            with suppress(Exception):  # why it failed matters more than what it left
                self._note_uploaded(part.name, self._left(part, comparison))
            raise

    def _left(self, part: AnyPart, comparison: AnyComparison) -> frozenset[Need]:
        intent = part.intent(comparison)
        if intent is None:
            return frozenset()
        live = part.live(self._outputs, self._scene.heads.released)
        return part.left(intent, live, self._outputs)

    def _keep(self, part: str, record: Record) -> None:
        self._note_uploaded(part, record.needs())
        self._records[part] = record

    def _note_uploaded(self, part: str, needs: frozenset[Need]) -> None:
        before = self._records[part].needs() if part in self._records else frozenset()
        if uploaded := needs - before:
            self._uploaded[part] = uploaded

    def test(self) -> None:
        """Run the smoke test, if there is something to see."""
        served = self._release.served
        if served:
            smoke = self._ctx.smoke
            settle = smoke.new if self._creates() else smoke.changed
            self.checks = smoke.of(self._outputs, served, settle)

    def stands(self, unseen: Unseen | None) -> Ending:
        """Record what is live now."""
        status = "verified" if self.checks else self._draft.status
        release = replace(self._release, status="unverified" if unseen else status)
        return self._ended(record.append(self._ctx, release), unseen)

    def failed(self, error: SmokeFailed, *, take_back: bool) -> Ending:
        """Return to the live release if that was asked for, and record the failure in any case."""
        step, to = self._ctx.steps.failed or SMOKE.id, None
        if take_back:
            try:
                to = self._take_back()
            except BaseException:
                record.append_failure(self._ctx, self.standing)
                raise
        release = replace(self.standing, status="failed", failed_step=step, taken_back_to=to)
        return self._ended(record.append(self._ctx, release), error)

    def _take_back(self) -> int | None:
        """Return the parts that were changed here; others may differ for their own reasons.

        A part that was not chosen, and only followed another, stays if it was not as released.
        """
        live = self._scene.heads.released
        if live is None:
            return None
        before = {each.part: each.changes for each in to_release(self._ctx, self._scene, live)}
        changed = {
            comparison.part
            for comparison in self._comparisons
            if comparison.changes and (comparison.wanted is not None or not before[comparison.part])
        }
        scene = look(self._ctx)
        way_back = to_release(self._ctx, scene, live)
        for part, comparison in zip(self._ctx.parts, way_back, strict=True):
            if part.name in changed and part.rolls_back:
                part.apply(comparison, scene.outputs)
        return live.id

    def _ended(self, release: Release, error: ResumectlError | None = None) -> Ending:
        return Ending(release, self._outputs, error)

    def _creates(self) -> bool:
        """Whether infrastructure is new: CloudFront takes minutes to know it everywhere."""
        return any(
            change.part in self._standing and change.action in ("create", "replace")
            for change in plan_of(self._comparisons).changes
        )


def _known(part: AnyPart, heads: Heads) -> Record | None:
    return heads.record(part.name) if part.rolls_back else heads.standing(part.name)
