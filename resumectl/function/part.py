"""The function: the code behind the alias, and that it runs with the current settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from resumectl import files
from resumectl.errors import Refused, ResumectlError
from resumectl.function import archive, snapshot
from resumectl.function.archive import Archive
from resumectl.function.deployed import LATEST, Deployed, deployed, version_of
from resumectl.function.handler import check_handler
from resumectl.function.publish import HEALTH, UPDATE, Lambda, delete_version, publish, restore
from resumectl.function.publish import upload as upload_code
from resumectl.function.record import FunctionRecord
from resumectl.part import Applied, Comparison, Drift, Part
from resumectl.plan import UNKNOWN, UNPUBLISHED, diff, resource_type
from resumectl.progress import Step

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from resumectl.aws import Client
    from resumectl.backoff import Backoff
    from resumectl.part import Changes, Outputs
    from resumectl.plan import Change
    from resumectl.progress import Steps, Tell
    from resumectl.release.artifacts import Artifacts
    from resumectl.release.ledger import Heads
    from resumectl.release.record import Need, Release
    from resumectl.settings import BackendSettings

_PACKAGE: Final = Step("package-function", "Package the function")
_PUBLISH: Final = Step("publish-function", "Publish the function")
_RESTORE: Final = Step("restore-function", "Restore the function")
_RESOURCE: Final = "aws_lambda_function"


@dataclass(frozen=True)
class Recorded:
    """The function as a release recorded it; without a record, whatever is live stays."""

    release: Release
    record: FunctionRecord | None


Wanted = Archive | Recorded


@dataclass(frozen=True)
class FunctionPart(Part[Deployed, Wanted]):
    """One environment's function.

    Attributes:
        zip_file: where its zip is written; Terraform creates the function from it.
        run: the folder of this process, for the zip of a release.
        client: gives the boto3 client of a service.
        check: raises BuildError if the handler of a folder does not load.
        update: how long to wait for Lambda's own updates.
        health: how long a version may take to become healthy.
    """

    name: ClassVar[str] = "function"

    settings: BackendSettings
    zip_file: Path
    run: Path
    artifacts: Artifacts
    client: Callable[[str], Client]
    steps: Steps
    check_handler: Callable[[Path, str], None] = check_handler
    update: Backoff = UPDATE
    health: Backoff = HEALTH

    # --- looking

    def worktree(self) -> Archive:
        return self.package(self.zip_file)

    def package(self, out: Path) -> Archive:
        """Zip the function and write it to `out`.

        Raises:
            BuildError: the handler does not load, or the folder cannot be packaged.
        """
        with self.steps(_PACKAGE) as tell:
            zipped = archive.archive(self.settings.source)
            self.check_handler(self.settings.source, self.settings.handler)
            archive.write(zipped, out)
            size = f"{zipped.size:,} bytes"
            many = len(zipped.files)
            tell(f"{many} files, {size}" if many > 1 else size)
        return zipped

    def released(self, release: Release) -> Recorded:
        return Recorded(release, _record(release))

    def released_zip(self, release: Release) -> Path | None:
        """The zip of a release, written for Terraform; None if it is not kept."""
        record = _record(release)
        data = self.artifacts.read(record.sha256) if record else None
        if data is None:
            return None
        file = self.run / "released.zip"
        files.replace(file, data)
        return file

    def live(self, outputs: Outputs, released: Release | None) -> Deployed:
        if "function_name" not in outputs:
            return Deployed()
        names = outputs["function_name"], outputs["function_alias"]
        return deployed(self.client("lambda"), *names)

    def pending(self, heads: Heads) -> int | None:
        try:
            zipped = archive.archive(self.settings.source)
        except ResumectlError:
            return None
        record = _record(heads.released)
        return int(record is None or record.sha256 != zipped.sha256)

    # --- comparing

    def compare(
        self, live: Deployed, wanted: Wanted | None, earlier: Changes, stop: threading.Event
    ) -> Comparison[Deployed, Wanted]:
        """Settings are unknown while Terraform is about to create or change the function."""
        before = snapshot.live(live)
        changing = any(_changes_function(change) for change in earlier)
        if wanted is None:
            return Comparison(self.name, live, None, self._following(before) if changing else ())
        if isinstance(wanted, Recorded):
            changes = self._to_record(live, wanted.record)
            return Comparison(self.name, live, wanted, changes)
        settings = UNKNOWN if changing or not live.latest else live.latest.settings
        changes = _marked(diff(self.name, before, snapshot.worktree(wanted, settings)))
        # The unpublished code matters only by itself: publishing replaces it anyway.
        shown = tuple(change for change in changes if change.key != LATEST)
        return Comparison(self.name, live, wanted, shown or changes)

    def check(self, comparison: Comparison[Deployed, Wanted], outputs: Outputs) -> None:
        """The recorded version, or its zip, must still exist."""
        wanted = comparison.wanted
        if not isinstance(wanted, Recorded) or not comparison.changes or not wanted.record:
            return
        if not self._is_published(wanted.record, outputs):
            self._kept(wanted.record.sha256, wanted.release)

    def is_recorded(self, comparison: Comparison[Deployed, Wanted], heads: Heads) -> bool:
        if comparison.wanted is None:
            return True
        return heads.record(self.name) == FunctionRecord.of(comparison.live)

    def record(self, document: Mapping[str, Any]) -> FunctionRecord:
        return FunctionRecord.from_json(document)

    # --- writing

    def apply(self, comparison: Comparison[Deployed, Wanted], outputs: Outputs) -> Applied:
        wanted, changes = comparison.wanted, comparison.changes
        if isinstance(wanted, Archive):
            if changes:
                self._publish(wanted, outputs)
            self.artifacts.keep(wanted.sha256, wanted.data)
        elif isinstance(wanted, Recorded):
            if changes and wanted.record:
                self._restore(wanted.release, wanted.record, changes, outputs)
        elif changes:
            self._publish(self._live_code(comparison.live), outputs)
        else:
            return Applied(None)
        return Applied(FunctionRecord.of(self.live(outputs, None)))

    def prune(self, needs: Iterable[Need], outputs: Outputs) -> None:
        function = self._lambda(outputs, lambda _: None)
        for kind, *values in sorted(needs):
            if kind == "version":
                delete_version(function, *values)
            else:
                self.artifacts.delete(*values)

    # --- drift

    def drift(self, heads: Heads, live: Deployed, stop: threading.Event) -> Drift:
        """A function or alias that is gone is for the infrastructure to tell."""
        released = snapshot.released(_record(heads.released))
        changes = tuple(
            replace(change, kind=_kind(change))
            for change in diff(self.name, released, snapshot.live(live))
            if change.before is not None and change.after is not None
        )
        modified = live.latest.modified if live.latest else None
        return Drift(changes, {LATEST: modified} if modified else {})

    def revert(
        self, heads: Heads, live: Deployed, drift: Changes, ignored: Changes
    ) -> Comparison[Deployed, Wanted]:
        if heads.released is None:
            return Comparison(self.name, live, None)
        wanted = self.released(heads.released)
        kept = {change.key for change in ignored}
        changes = self._to_record(live, wanted.record)
        changes = tuple(change for change in changes if change.key not in kept)
        # What is ignored stays released as it was recorded, so nothing may be read back.
        return Comparison(self.name, live, None if ignored and not changes else wanted, changes)

    # ---

    def _to_record(self, live: Deployed, record: FunctionRecord | None) -> Changes:
        if record is None:
            return ()
        return _marked(diff(self.name, snapshot.live(live), snapshot.released(record)))

    def _following(self, before: Mapping[str, Mapping[str, Any]]) -> Changes:
        """New settings reach the alias by publishing the live code again."""
        if snapshot.ALIAS not in before:
            return ()
        alias = before[snapshot.ALIAS]
        after = {snapshot.ALIAS: {**alias, "settings": UNKNOWN}}
        return diff(self.name, {snapshot.ALIAS: alias}, after)

    def _publish(self, code: Archive, outputs: Outputs) -> None:
        with self.steps(_PUBLISH) as tell:
            tell(f"version {publish(self._lambda(outputs, tell), code).version}")

    def _live_code(self, live: Deployed) -> Archive:
        """What the alias serves; its zip is only needed if other code was uploaded since."""
        serving, latest = live.live, live.latest
        if serving is None:
            raise ResumectlError("There is no live function to publish again.")
        if latest and latest.sha256 == serving.sha256:
            return Archive(b"", serving.sha256, ())
        data = self.artifacts.read(serving.sha256)
        if data is None:
            raise Refused(
                "The function's settings changed, but the zip of its live code is not kept.",
                hint="Deploy the function, too: leave out --only.",
                code="artifacts-gone",
            )
        return archive.of(data)

    def _restore(
        self, release: Release, record: FunctionRecord, changes: Changes, outputs: Outputs
    ) -> None:
        keys = {change.key for change in changes}
        with self.steps(_RESTORE) as tell:
            function = self._lambda(outputs, tell)
            if snapshot.ALIAS in keys:
                self._restore_alias(release, record, function, outputs)
            if LATEST in keys:
                upload_code(function, self._kept(record.latest, release))

    def _restore_alias(
        self, release: Release, record: FunctionRecord, function: Lambda, outputs: Outputs
    ) -> None:
        """Back to the recorded version; published again from the kept zip if it is gone."""
        if self._is_published(record, outputs):
            version = restore(function, record.version, record.sha256).version
            function.progress(f"version {version}")
        else:
            version = publish(function, self._kept(record.sha256, release)).version
            function.progress(f"version {version}, published again")

    def _is_published(self, record: FunctionRecord, outputs: Outputs) -> bool:
        version = version_of(self.client("lambda"), outputs["function_name"], record.version)
        return version is not None and version.sha256 == record.sha256

    def _kept(self, sha256: str, release: Release) -> Archive:
        data = self.artifacts.read(sha256)
        if data is None:
            revision = release.git.get("revision")
            raise Refused(
                f"Release #{release.id} cannot be restored:"
                " its function's version and zip are gone.",
                hint=f"git checkout {revision[:12]} and deploy it."
                if revision
                else "Deploy the revision it was made from.",
                code="artifacts-gone",
            )
        return archive.of(data)

    def _lambda(self, outputs: Outputs, tell: Tell) -> Lambda:
        return Lambda(
            *(self.client("lambda"), outputs["function_name"], outputs["function_alias"]),
            *(self.update, self.health, tell),
        )


def _record(release: Release | None) -> FunctionRecord | None:
    record = release.parts.get(FunctionPart.name) if release else None
    return record if isinstance(record, FunctionRecord) else None


def _changes_function(change: Change) -> bool:
    return change.after is not None and resource_type(change.key) == _RESOURCE


def _marked(changes: Changes) -> Changes:
    return tuple(
        replace(change, kind=UNPUBLISHED) if change.key == LATEST else change for change in changes
    )


def _kind(change: Change) -> str:
    return "settings" if change.fields == ("settings",) else "code"
