"""Serve a recorded function again: its version, or the same code published from its zip."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from resumectl.errors import Refused
from resumectl.function import archive, publish
from resumectl.function.deployed import LATEST, version_of
from resumectl.function.snapshot import ALIAS

if TYPE_CHECKING:
    from resumectl.function.archive import Archive
    from resumectl.function.publish import Lambda
    from resumectl.function.record import FunctionRecord
    from resumectl.release.artifacts import Artifacts
    from resumectl.release.record import Release


@dataclass(frozen=True)
class Recorded:
    """The function as a release recorded it.

    Attributes:
        ignored: the keys of the snapshot whose differences the settings ignore.
        recreated: a deleted function is made again before this.
    """

    release: Release
    record: FunctionRecord
    ignored: frozenset[str] = frozenset()
    recreated: bool = False

    @property
    def sha256(self) -> str:
        """Of the code that it serves."""
        return self.record.sha256

    def check(self, function: Lambda, artifacts: Artifacts, keys: Collection[str]) -> None:
        """Make sure that everything needed to restore these keys still exists.

        Raises:
            Refused: it does not.
        """
        if ALIAS in keys and not self._is_published(function):
            self._zip(artifacts, self.record.sha256)
        if LATEST in keys:
            self._zip(artifacts, self.record.latest)

    def restore(self, function: Lambda, artifacts: Artifacts, keys: Collection[str]) -> None:
        """Restore these keys of the snapshot.

        Raises:
            Refused: the version and its zip are gone.
            SmokeFailed: the version does not work any more; what was live still is.
        """
        version = self.record.version
        if ALIAS in keys and self._is_published(function):
            publish.serve(function, version)
            function.progress(f"version {version}")
        elif ALIAS in keys:
            version = publish.publish(function, self._zip(artifacts, self.record.sha256))
            function.progress(f"version {version}, published again")
        if LATEST in keys:
            publish.upload(function, self._zip(artifacts, self.record.latest))

    def as_restored(self, live: FunctionRecord | None) -> FunctionRecord | None:
        """What to record now that `live` was read back: ignored differences stay as recorded."""
        if live is None:
            return self.record if self.ignored else None
        if ALIAS in self.ignored:
            live = replace(self.record, latest=live.latest)
        return replace(live, latest=self.record.latest) if LATEST in self.ignored else live

    def _is_published(self, function: Lambda) -> bool:
        """Whether the version is still the recorded code: a new function counts from 1 again."""
        version = version_of(function.client, function.name, self.record.version)
        return version is not None and version.sha256 == self.record.sha256

    def _zip(self, artifacts: Artifacts, sha256: str) -> Archive:
        zipped = archive.kept(artifacts, sha256)
        if zipped is None:
            revision = self.release.git.get("revision")
            checkout = f"git checkout {revision[:12]} and deploy it." if revision else None
            raise Refused(
                f"Release #{self.release.id} cannot be restored: its function's code is gone.",
                hint=checkout or "Deploy the revision it was made from.",
                code="artifacts-gone",
            )
        return zipped
