"""Serve a recorded function again: its version, or the same code published from its zip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from resumectl.errors import Refused
from resumectl.function import archive, publish
from resumectl.function.deployed import LATEST, version_of
from resumectl.function.snapshot import ALIAS

if TYPE_CHECKING:
    from collections.abc import Collection

    from resumectl.function.archive import Archive
    from resumectl.function.publish import Lambda
    from resumectl.function.record import FunctionRecord
    from resumectl.release.artifacts import Artifacts
    from resumectl.release.record import Release

_GONE: Final = "its function's version and zip are gone."
_UNPUBLISHED_GONE: Final = "the zip of its function's unpublished code is gone."


@dataclass(frozen=True)
class Recorded:
    """The function as a release recorded it.

    Attributes:
        record: None if the release has no function; then whatever is live stays.
        ignored: the keys whose differences the settings ignore.
    """

    release: Release
    record: FunctionRecord | None
    ignored: frozenset[str] = frozenset()

    def as_restored(self, live: FunctionRecord | None) -> FunctionRecord | None:
        """What to record now that `live` was read back: ignored differences stay as recorded."""
        record = self.record
        if record is None or live is None:
            return record if self.ignored else live
        if ALIAS in self.ignored:
            live = replace(record, latest=live.latest)
        return replace(live, latest=record.latest) if LATEST in self.ignored else live


@dataclass(frozen=True)
class Restoration:
    """The way back to a record.

    Attributes:
        keys: of the snapshot, what differs and is restored.
    """

    function: Lambda
    artifacts: Artifacts
    release: Release
    record: FunctionRecord
    keys: Collection[str]

    def check(self) -> None:
        """Make sure that everything needed still exists.

        Raises:
            Refused: it does not.
        """
        if ALIAS in self.keys and not self._is_published():
            self._zip(self.record.sha256, _GONE)
        if LATEST in self.keys:
            self._zip(self.record.latest, _UNPUBLISHED_GONE)

    def restore(self) -> None:
        """Restore the alias, then `$LATEST`.

        Raises:
            Refused: the version and its zip are gone.
            SmokeFailed: the version does not work any more; what was live still is.
        """
        if ALIAS in self.keys:
            self._restore_alias()
        if LATEST in self.keys:
            latest = self._zip(self.record.latest, _UNPUBLISHED_GONE)
            publish.upload(self.function, latest)

    def _restore_alias(self) -> None:
        version = self.record.version
        if self._is_published():
            publish.serve(self.function, version)
            self.function.progress(f"version {version}")
        else:
            code = self._zip(self.record.sha256, _GONE)
            version = publish.publish(self.function, code).version
            self.function.progress(f"version {version}, published again")

    def _is_published(self) -> bool:
        """Whether the version is still the recorded code: a new function counts from 1 again."""
        version = version_of(self.function.client, self.function.name, self.record.version)
        return version is not None and version.sha256 == self.record.sha256

    def _zip(self, sha256: str, gone: str) -> Archive:
        data = self.artifacts.read(sha256)
        if data is None:
            revision = self.release.git.get("revision")
            checkout = f"git checkout {revision[:12]} and deploy it." if revision else None
            raise Refused(
                f"Release #{self.release.id} cannot be restored: {gone}",
                hint=checkout or "Deploy the revision it was made from.",
                code="artifacts-gone",
            )
        return archive.of(data)
