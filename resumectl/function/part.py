"""The function: the code behind the alias, and that it runs with the current settings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from resumectl import files
from resumectl.errors import Refused, ResumectlError
from resumectl.function import archive, snapshot
from resumectl.function.archive import Archive
from resumectl.function.deployed import LATEST, Deployed, deployed
from resumectl.function.handler import check_handler
from resumectl.function.publish import HEALTH, UPDATE, Lambda, delete_version, publish, published
from resumectl.function.record import FunctionRecord
from resumectl.function.restore import Recorded
from resumectl.part import Applied, Comparison, Drift, Part
from resumectl.plan import UNKNOWN, UNPUBLISHED, Change, diff, resource_type
from resumectl.progress import Step

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.backoff import Backoff
    from resumectl.part import Changes, Outputs
    from resumectl.plan import Snapshot
    from resumectl.progress import Steps, Tell
    from resumectl.release.artifacts import Artifacts
    from resumectl.release.ledger import Heads
    from resumectl.release.record import Need, Release
    from resumectl.settings import BackendSettings

_PACKAGE: Final = Step("package-function", "Package the function")
_PUBLISH: Final = Step("publish-function", "Publish the function")
_RESTORE: Final = Step("restore-function", "Restore the function")
_RESOURCE: Final = "aws_lambda_function"
Wanted = Archive | Recorded | None
"""None also for a release without a function: whatever is live stays."""


@dataclass(frozen=True)
class FunctionPart(Part[Deployed, Wanted]):
    """One environment's function.

    Attributes:
        zip_file: where its zip is written; Terraform creates the function from it.
        run: the folder of this process, for the zip of a release.
        artifacts: the kept zips.
        client: gives the boto3 client of a service.
        check_handler: raises BuildError if the handler of a folder does not load.
        update: how long to wait for Lambda's own updates.
        health: how long a version may take to become healthy.
    """

    name: ClassVar[str] = "function"
    harmless: ClassVar[frozenset[str]] = snapshot.HARMLESS

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

    def released(self, release: Release) -> Recorded | None:
        record = _record(release)
        return Recorded(release, record) if record else None

    def released_zip(self, release: Release) -> Path | None:
        """The zip of a release, written for Terraform; None if it is not kept."""
        record = _record(release)
        zipped = archive.kept(self.artifacts, record.sha256) if record else None
        if zipped is None:
            return None
        file = self.run / "released.zip"
        files.replace(file, zipped.data)
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
        self, live: Deployed, wanted: Wanted, earlier: Changes, stop: threading.Event
    ) -> Comparison[Deployed, Wanted]:
        """Settings are unknown while Terraform is about to create or change the function."""
        before = snapshot.live(live)
        changing = any(_changes_function(change) for change in earlier)
        if wanted is None:
            self._require_code(live, earlier)
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
        wanted = comparison.wanted
        if isinstance(wanted, Recorded):
            if comparison.changes and not comparison.live.latest and not wanted.recreated:
                raise Refused(
                    f"The function {outputs['function_name']} does not exist any more. Nothing was"
                    " changed.",
                    hint="Deploy instead of rollback: it makes the function again.",
                    code="function-gone",
                )
            wanted.check(self._lambda(outputs), self.artifacts, _keys(comparison.changes))
        elif wanted is None and comparison.changes:
            self._live_code(comparison.live)

    def is_recorded(self, comparison: Comparison[Deployed, Wanted], heads: Heads) -> bool:
        if comparison.wanted is None:
            return True
        return heads.record(self.name) == FunctionRecord.of(comparison.live)

    def record(self, document: Mapping[str, Any]) -> FunctionRecord:
        return FunctionRecord.from_json(document)

    # --- writing

    def apply(self, comparison: Comparison[Deployed, Wanted], outputs: Outputs) -> Applied:
        wanted, changes = comparison.wanted, comparison.changes
        if isinstance(wanted, Recorded):
            if changes:
                with self.steps(_RESTORE) as tell:
                    wanted.restore(self._lambda(outputs, tell), self.artifacts, _keys(changes))
            return Applied(wanted.as_restored(self._read_back(outputs)))
        if wanted is None and not changes:
            return Applied(None)
        code = wanted or self._live_code(comparison.live)
        if changes:
            with self.steps(_PUBLISH) as tell:
                tell(f"version {publish(self._lambda(outputs, tell), code)}")
        if wanted:
            self.artifacts.keep(code.sha256, code.data)
        return Applied(self._read_back(outputs))

    def intent(self, comparison: Comparison[Deployed, Wanted]) -> Mapping[str, Any] | None:
        """The digest of the code to publish."""
        code = comparison.wanted or comparison.live.live
        return {"sha256": code.sha256} if comparison.changes and code else None

    def left(
        self, intent: Mapping[str, Any], live: Deployed | None, outputs: Outputs
    ) -> frozenset[Need]:
        """Every version of that code, and its zip. What a release needs, too, is not pruned."""
        digest = str(intent["sha256"])
        versions = published(self._lambda(outputs)) if "function_name" in outputs else {}
        numbers = (number for number, code in versions.items() if code == digest)
        needs: set[Need] = {("version", n, digest) for n in numbers if n != LATEST}
        if self.artifacts.has(digest):
            needs.add(("package", digest))
        return frozenset(needs)

    def prune(self, needs: Iterable[Need], outputs: Outputs) -> None:
        function = self._lambda(outputs)
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
        wanted = self.released(heads.released) if heads.released else None
        if wanted is None:
            return Comparison(self.name, live, None)
        keys = _keys(ignored)
        changes = self._to_record(live, wanted.record)
        changes = tuple(change for change in changes if change.key not in keys)
        return Comparison(self.name, live, replace(wanted, ignored=keys, recreated=True), changes)

    # ---

    def _to_record(self, live: Deployed, record: FunctionRecord) -> Changes:
        return _marked(diff(self.name, snapshot.live(live), snapshot.released(record)))

    def _require_code(self, live: Deployed, earlier: Changes) -> None:
        """Terraform creates a function from the zip that this part writes, if it was chosen."""
        creates = any(_changes_function(c) and c.action == "create" for c in earlier)
        if creates and live.latest is None:
            raise Refused(
                "Terraform would create the function, but its code is not part of this deploy.",
                hint="Deploy the function, too: leave out --only.",
                code="no-code",
            )

    def _following(self, before: Snapshot) -> Changes:
        """New settings reach the alias by publishing the live code again."""
        alias = before.get(snapshot.ALIAS)
        if alias is None:
            return ()
        return (Change(self.name, snapshot.ALIAS, alias, {**alias, "settings": UNKNOWN}),)

    def _live_code(self, live: Deployed) -> Archive:
        """What the alias serves; its zip is only needed if other code was uploaded since."""
        serving, latest = live.live, live.latest
        if serving is None:
            raise ResumectlError("There is no live function to publish again.")
        zipped = archive.kept(self.artifacts, serving.sha256)
        if zipped is not None:
            return zipped
        if latest and latest.sha256 == serving.sha256:
            return Archive(b"", serving.sha256, ())
        raise Refused(
            "The function's settings change, but the zip of its live code is gone.",
            hint="Deploy the function, too: leave out --only.",
            code="artifacts-gone",
        )

    def _read_back(self, outputs: Outputs) -> FunctionRecord | None:
        return FunctionRecord.of(self.live(outputs, None))

    def _lambda(self, outputs: Outputs, tell: Tell = lambda _: None) -> Lambda:
        return Lambda(
            *(self.client("lambda"), outputs["function_name"], outputs["function_alias"]),
            *(self.update, self.health, tell),
        )


def _record(release: Release | None) -> FunctionRecord | None:
    record = release.parts.get(FunctionPart.name) if release else None
    return record if isinstance(record, FunctionRecord) else None


def _keys(changes: Changes) -> frozenset[str]:
    return frozenset(change.key for change in changes)


def _changes_function(change: Change) -> bool:
    return change.after is not None and resource_type(change.key) == _RESOURCE


def _marked(changes: Changes) -> Changes:
    return tuple(
        replace(change, kind=UNPUBLISHED) if change.key == LATEST else change for change in changes
    )


def _kind(change: Change) -> str:
    return "settings" if change.fields == ("settings",) else "code"
