"""Forgetting releases that are past their time, with everything that no other release needs.

The record of a release goes last, so an interrupted pruning goes on next time. Nothing here fails a deploy.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from resumectl.errors import CloudError
from resumectl.function.publish import Lambda, delete_version
from resumectl.release import retention
from resumectl.site.transfer import delete_versions

if TYPE_CHECKING:
    from resumectl.infra.state import State
    from resumectl.release.ledger import Release
    from resumectl.release.retention import Needs
    from resumectl.steps.context import Context

_LANES: Final = 16


def prune(ctx: Context, state: State) -> None:
    """Forget what the settings say may be forgotten; a failure is told and left for the next time."""
    keep = ctx.settings.retention
    numbers = ctx.ledger.numbers()
    old = retention.candidates(numbers, keep)
    if not old:
        return
    pin = ctx.pins.read()
    spared = retention.spared(ctx.ledger.newest_first(), pin.release if pin else None)
    readable = (release for number in old if (release := ctx.ledger.read(number)))
    gone = [
        release
        for release in retention.expired(readable, keep, ctx.now())
        if release.id not in spared
    ]
    if not gone:
        return
    try:
        with ctx.step("Forget old releases") as tell:
            kept = _read(ctx, sorted(set(numbers) - {release.id for release in gone}))
            _delete(ctx, state, retention.needs(gone) - retention.needs(kept))
            for release in gone:
                ctx.ledger.forget(release.id)
            tell(f"{len(gone)}, up to #{gone[-1].id}")
    except CloudError as error:
        ctx.steps.progress.note(f"Some old releases are still kept: {error.message}")


def _read(ctx: Context, numbers: list[int]) -> list[Release]:
    with ThreadPoolExecutor(_LANES, thread_name_prefix="prune") as pool:
        return [release for release in pool.map(ctx.ledger.read, numbers) if release]


def _delete(ctx: Context, state: State, only: Needs) -> None:
    delete_versions(ctx.s3, state.outputs["site_bucket"], sorted(only.objects))
    function = Lambda(
        ctx.cloud.client("lambda"), state.outputs["function_name"], state.outputs["function_alias"]
    )
    for version, sha256 in sorted(only.versions):
        delete_version(function, version, sha256)
    for sha256 in sorted(only.packages):
        ctx.artifacts.forget("function", sha256)
    for digest in sorted(only.configurations):
        ctx.artifacts.forget("infra", digest)
