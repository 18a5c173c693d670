"""What AWS has now, apart from infrastructure, and what the last release says: read side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from resumectl.function.deployed import Deployed, deployed
from resumectl.infra.state import EMPTY, State
from resumectl.site.listing import live as listed
from resumectl.site.part import manifest_from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.release.ledger import Release
    from resumectl.site.manifest import LiveObject
    from resumectl.steps.context import Context


@dataclass(frozen=True)
class Live:
    """What was read. Nothing is there before the first deploy.

    Attributes:
        state: Terraform's own record; its outputs name everything else.
        released: the newest release that did not fail.
        newest: the newest record, whether it failed or not.
    """

    state: State = EMPTY
    released: Release | None = None
    newest: Release | None = None
    function: Deployed = field(default_factory=Deployed)
    objects: Mapping[str, LiveObject] = field(default_factory=dict)

    @property
    def applied(self) -> Mapping[str, Any]:
        """What the ledger says of the infrastructure: also a deploy that failed later may have applied it."""
        recorded = [
            release.infra for release in (self.newest, self.released) if release and release.infra
        ]
        return recorded[0] if recorded else {}


def look(ctx: Context) -> Live:
    """Read it all. Raises botocore's errors: call it in a step."""
    with ThreadPoolExecutor(2, thread_name_prefix="live") as pool:
        heads = pool.submit(ctx.ledger.heads)
        state = ctx.state() or EMPTY
        newest, released = heads.result()
        if not state.complete:
            return Live(state, released, newest)
        function = pool.submit(function_of, ctx, state)
        objects = objects_of(ctx, state, released)
        return Live(state, released, newest, function.result(), objects)


def function_of(ctx: Context, state: State) -> Deployed:
    """The function as it is live."""
    return deployed(
        ctx.cloud.client("lambda"), state.outputs["function_name"], state.outputs["function_alias"]
    )


def objects_of(ctx: Context, state: State, released: Release | None) -> Mapping[str, LiveObject]:
    """The site's objects as they are live."""
    manifest = manifest_from_json(released.site) if released else {}
    return listed(ctx.s3, state.outputs["site_bucket"], manifest)
