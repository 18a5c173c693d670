"""The snapshots of the function.

A snapshot has two keys. `live` is the alias: the digest of its code, the settings it runs with,
whether it is on a published version and whether it sends some of the traffic elsewhere. `$LATEST`
is the digest of the unpublished code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from resumectl.function.deployed import LATEST

if TYPE_CHECKING:
    from resumectl.function.archive import Archive
    from resumectl.function.deployed import Deployed
    from resumectl.function.record import FunctionRecord
    from resumectl.plan import Snapshot

ALIAS: Final = "live"
_CODE: Final = ("sha256", "settings.environment")  # digests already
_NAMES: Final = ("architectures", "dead_letters", "file_systems.Arn", "handler", "key", "layers")
_MORE: Final = ("role", "runtime", "security_groups", "snap_start", "subnets", "tracing")
_LOGGING: Final = ("ApplicationLogLevel", "LogFormat", "LogGroup", "SystemLogLevel")
HARMLESS: Final = frozenset(
    [
        *_CODE,
        *(f"settings.{name}" for name in (*_NAMES, *_MORE)),
        *(f"settings.logging.{name}" for name in _LOGGING),
    ]
)
"""The fields whose text is shown."""


def live(deployed: Deployed) -> Snapshot:
    """What AWS has; empty if there is no function."""
    snapshot: dict[str, Mapping[str, Any]] = {}
    if deployed.live:
        snapshot[ALIAS] = {
            "sha256": deployed.live.sha256,
            "settings": deployed.live.settings,
            "published": deployed.live.version != LATEST,
            "routing": dict(deployed.routing),
        }
    if deployed.latest:
        snapshot[LATEST] = {"sha256": deployed.latest.sha256}
    return snapshot


def worktree(archive: Archive, settings: object) -> Snapshot:
    """What the repository wants: its code, published; settings are UNKNOWN before Terraform ran."""
    return _published(archive.sha256, settings, {}, archive.sha256)


def released(record: FunctionRecord | None) -> Snapshot:
    """What a release recorded; empty if it recorded no function."""
    if record is None:
        return {}
    return _published(record.sha256, record.settings, record.routing, record.latest)


def _published(sha256: str, settings: object, routing: object, latest: str) -> Snapshot:
    alias = {"sha256": sha256, "settings": settings, "published": True, "routing": routing}
    return {ALIAS: alias, LATEST: {"sha256": latest}}
