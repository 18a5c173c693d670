"""Back to what a release recorded: the function's version behind the alias, the site's objects by copies inside S3.

Nothing is built and Terraform is not needed. `rollback`, a deploy whose tests failed and `drift --fix` all do this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.errors import Refused
from resumectl.function import archive, deployed
from resumectl.function.publish import Lambda, publish, restore, upload
from resumectl.plan import Plan, diff
from resumectl.site import part, transfer
from resumectl.site.manifest import ReleasedObject
from resumectl.steps.apply import invalidate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resumectl.function.archive import Archive
    from resumectl.infra.state import State
    from resumectl.plan import Change
    from resumectl.release.ledger import Release
    from resumectl.steps.context import Context
    from resumectl.steps.live import Live


def changes(live: Live, release: Release) -> Plan:
    """What differs between what is live and what a release recorded, in function and site.

    A release of the infrastructure alone knows no code: then whatever is live stays.
    """
    recorded = deployed.released(release.function)
    function = diff("function", live.function.snapshot, recorded) if recorded else ()
    manifest = part.manifest_from_json(release.site)
    return Plan(function + diff("site", part.live(live.objects), part.released(manifest)))


def check(ctx: Context, state: State, release: Release, plan: Plan) -> None:
    """Make sure that everything needed is still there, before anything is changed.

    Raises:
        Refused: the function's version and its zip are gone.
        CloudError: versions of the site's objects are gone.
    """
    if plan.of("function") and not _version_is_there(ctx, state, release):
        _kept(ctx, release.function["sha256"], release)
    written = [change.key for change in plan.of("site") if change.after is not None]
    transfer.refuse_missing(
        ctx.s3, state.outputs["site_bucket"], written, part.manifest_from_json(release.site)
    )


def carry_out(
    ctx: Context, live: Live, release: Release, plan: Plan
) -> Mapping[str, ReleasedObject]:
    """Do it; gives the manifest of what is live then."""
    if plan.of("function"):
        with ctx.step("Restore the function") as tell:
            _function(ctx, live.state, release, plan, tell)
    return _site(ctx, live, release, plan.of("site"))


def _function(
    ctx: Context, state: State, release: Release, plan: Plan, tell: Callable[[str], None]
) -> None:
    client = ctx.cloud.client("lambda")
    function = Lambda(
        client, state.outputs["function_name"], state.outputs["function_alias"], progress=tell
    )
    record, keys = release.function, {change.key for change in plan.of("function")}
    if "live" in keys:
        _alias(ctx, state, release, function, tell)
    if deployed.LATEST in keys:
        upload(function, _kept(ctx, record["latest"], release))


def _alias(
    ctx: Context, state: State, release: Release, function: Lambda, tell: Callable[[str], None]
) -> None:
    """Back to the recorded version; published anew from the kept zip when it is gone."""
    record = release.function
    if _version_is_there(ctx, state, release):
        tell(f"version {restore(function, record['version'], record['sha256']).version}")
    else:
        tell(
            f"version {publish(function, _kept(ctx, record['sha256'], release)).version}, published anew"
        )


def _site(
    ctx: Context, live: Live, release: Release, wanted: Sequence[Change]
) -> Mapping[str, ReleasedObject]:
    manifest = part.manifest_from_json(release.site)
    written: Mapping[str, str] = {}
    if wanted:
        bucket = live.state.outputs["site_bucket"]
        with ctx.step("Restore the site") as tell:
            written = transfer.restore(
                ctx.s3,
                bucket,
                wanted,
                manifest,
                progress=lambda done, total: tell(f"{done} of {total} objects"),
            )
    invalidate(ctx, live.state, [*wanted, *_since_release(live, manifest)])
    return {key: _recorded(key, entry, live, written) for key, entry in manifest.items()}


def _since_release(live: Live, manifest: Mapping[str, ReleasedObject]) -> Sequence[Change]:
    """What is new since the last record: an interrupted run may have put it back and not told the edges."""
    released = part.manifest_from_json(live.released.site) if live.released else {}
    return diff("site", part.released(released), part.released(manifest))


def _recorded(
    key: str, entry: ReleasedObject, live: Live, written: Mapping[str, str]
) -> ReleasedObject:
    """The entry with the version that is live now; one that was left different on purpose stays as it was."""
    found = live.objects.get(key)
    if key in written:
        return ReleasedObject.of(entry, written[key])
    return (
        ReleasedObject.of(entry, found.version_id)
        if found and found.fields == part.fields(entry)
        else entry
    )


def _version_is_there(ctx: Context, state: State, release: Release) -> bool:
    client, name = ctx.cloud.client("lambda"), state.outputs["function_name"]
    found = deployed.version_of(client, name, release.function["version"])
    return found is not None and found.sha256 == release.function["sha256"]


def _kept(ctx: Context, sha256: str, release: Release) -> Archive:
    data = ctx.artifacts.read("function", sha256)
    if data is None:
        raise Refused(
            f"Release #{release.id} cannot be brought back: its function's version and zip are gone.",
            hint=_checkout(release),
            code="artifacts-gone",
        )
    return archive.of(data)


def _checkout(release: Release) -> str:
    revision = release.git.get("revision")
    return (
        f"git checkout {revision[:12]} and deploy it."
        if revision
        else "Deploy the revision it was made from."
    )
