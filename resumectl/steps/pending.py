"""What the worktree holds that is not deployed yet: released -> worktree. Not drift, so it is told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.errors import ResumectlError
from resumectl.function.archive import archive
from resumectl.plan import diff
from resumectl.site import part
from resumectl.steps.progress import Silent, Steps
from resumectl.steps.worktree import site as built

if TYPE_CHECKING:
    from resumectl.release.ledger import Release
    from resumectl.steps.context import Context
    from resumectl.steps.live import Live


def counts(ctx: Context, live: Live) -> dict[str, int | None]:
    """How many changes each part waits with; None when the worktree cannot be read or built.

    Infrastructure and function count as one change each: what exactly would change, `plan` tells.
    """
    infra, released = live.applied.get("digest"), live.released
    return {
        "infra": int(infra != ctx.infra_digest()),
        "function": _function(ctx, released),
        "site": _site(ctx, released),
    }


def _function(ctx: Context, released: Release | None) -> int | None:
    try:
        made = archive(ctx.settings.backend.source)
    except ResumectlError:
        return None
    return int(released is None or released.function.get("sha256") != made.sha256)


def _site(ctx: Context, released: Release | None) -> int | None:
    try:
        files = built(ctx.settings, Steps(Silent()), ctx.work)
    except ResumectlError:
        return None
    before = part.released(part.manifest_from_json(released.site)) if released else {}
    return len(diff("site", before, part.worktree(files)))
