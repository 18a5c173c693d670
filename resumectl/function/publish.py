"""Put code behind the alias: upload, publish a version, call it, then move traffic to it.

`publish` reads what is live and does only what is missing, so it can be repeated after any failure
with the same result. It publishes new code, and also settings that Terraform changed on `$LATEST`:
a version never gets them by itself.

If a version does not work, the alias stays where it is and the version is deleted. `$LATEST` keeps
the bad code, which no visitor gets. The next plan shows it and the next deploy replaces it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resumectl.aws import error_code
from resumectl.backoff import Backoff
from resumectl.errors import CloudError
from resumectl.function.deployed import (
    LATEST,
    Configuration,
    Deployed,
    configuration,
    deployed,
    hex_digest,
    version_of,
)
from resumectl.function.health import check_health
from resumectl.function.settling import accepted, succeeded

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.function.archive import Archive

UPDATE: Final = Backoff(seconds=120.0)
HEALTH: Final = Backoff(seconds=8.0)
_AGAIN: Final = "Run the command again: it looks at what is live now."


@dataclass(frozen=True)
class Lambda:
    """One function and its alias, and how patiently to wait for them.

    Attributes:
        client: a boto3 Lambda client.
        update: the budget for each of Lambda's own updates.
        health: the budget for a version to become healthy.
        progress: called with the name of each step before it is done.
    """

    client: Client
    name: str
    alias: str = "live"
    update: Backoff = UPDATE
    health: Backoff = HEALTH
    progress: Callable[[str], None] = lambda _: None

    def deployed(self) -> Deployed:
        """What is live now."""
        return deployed(self.client, self.name, self.alias)


def publish(function: Lambda, archive: Archive) -> str:
    """Make the alias serve this code with the current settings; returns the version.

    Raises:
        CloudError: something failed; what was live before still is.
        SmokeFailed: the new version does not work, and got no traffic.
    """
    before = function.deployed()
    live, latest = _both(function, before)
    if latest.sha256 != archive.sha256:
        latest = upload(function, archive)
    version = live.version
    if version == LATEST or (live.sha256, live.settings) != (latest.sha256, latest.settings):
        version = _healthy_version(function, archive)
    if version != live.version or before.routing:
        move_alias(function, version, before.revision)
    return version


def serve(function: Lambda, version: str) -> None:
    """Send all traffic to a version that was published before, if it still works.

    Raises:
        CloudError: something failed; what was live still is.
        SmokeFailed: the version does not work any more; what was live still is.
    """
    before = function.deployed()
    live, _ = _both(function, before)
    if live.version != version or before.routing:
        function.progress("checking the version")
        check_health(function.client, function.name, version, function.health)
        move_alias(function, version, before.revision)


def move_alias(function: Lambda, version: str, revision: str | None) -> None:
    """Send all traffic to a version, unless the alias is not at the given revision any more.

    Raises:
        CloudError: somebody else moved the alias.
    """
    from botocore.exceptions import ClientError

    function.progress("moving the alias")
    pinned = {"RevisionId": revision} if revision else {}
    try:
        _write(
            function,
            "update_alias",
            Name=function.alias,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": {}},
            **pinned,
        )
    except ClientError as error:
        if error_code(error) != "PreconditionFailedException":
            raise
        if _is_at(function, version):
            return  # botocore retried a move whose response was lost
        raise CloudError(
            f"Somebody else moved the alias {function.alias} of {function.name} meanwhile.",
            hint=_AGAIN,
            code="conflict",
        ) from error


def _is_at(function: Lambda, version: str) -> bool:
    now = function.deployed()
    return now.live is not None and now.live.version == version and not now.routing


def _both(function: Lambda, before: Deployed) -> tuple[Configuration, Configuration]:
    if before.live and before.latest:
        return before.live, before.latest
    missing = f"function {function.name}"
    if before.latest:
        missing = f"alias {function.alias} of {function.name}"
    raise CloudError(
        f"There is no {missing}.",
        hint="Deploy without --only: Terraform creates it.",
        code="absent",
    )


def upload(function: Lambda, archive: Archive) -> Configuration:
    """Replace the code of `$LATEST` and wait until Lambda is done with it."""
    function.progress("uploading")
    _write(function, "update_function_code", ZipFile=archive.data)
    function.progress("waiting for Lambda")
    latest = configuration(succeeded(function.client, function.name, function.update))
    if latest.sha256 != archive.sha256:
        raise _interfered(function)
    return latest


def _healthy_version(function: Lambda, archive: Archive) -> str:
    """Returns a version of `$LATEST` that works. One that does not is deleted if it is new."""
    known = published(function)
    version = _new_version(function, archive, known)
    function.progress("checking the version")
    try:
        succeeded(function.client, function.name, function.update, Qualifier=version)
        check_health(function.client, function.name, version, function.health)
    except BaseException:
        _take_back(function, version, known)
        raise
    return version


def _new_version(function: Lambda, archive: Archive, known: Collection[str]) -> str:
    """Publish `$LATEST` if it is our code. Without a change, Lambda returns its last version."""
    from botocore.exceptions import ClientError

    function.progress("publishing a version")
    try:
        response = _write(function, "publish_version", CodeSha256=archive.code_sha256)
    except ClientError as error:
        if error_code(error) != "InvalidParameterValueException" or _is_latest(function, archive):
            raise
        raise _interfered(function) from error
    version = configuration(response)
    if version.sha256 != archive.sha256:
        _take_back(function, version.version, known)
        raise _interfered(function)
    return version.version


def _is_latest(function: Lambda, archive: Archive) -> bool:
    latest = function.deployed().latest
    return latest is not None and latest.sha256 == archive.sha256


def _interfered(function: Lambda) -> CloudError:
    return CloudError(
        f"Somebody else changed the code of {function.name} meanwhile.",
        hint=_AGAIN,
        code="conflict",
    )


def published(function: Lambda) -> dict[str, str]:
    """The SHA-256 of the code of each version, by its number; also of `$LATEST`."""
    pages = function.client.get_paginator("list_versions_by_function").paginate(
        FunctionName=function.name
    )
    versions = (version for page in pages for version in page["Versions"])
    return {version["Version"]: hex_digest(version["CodeSha256"]) for version in versions}


def delete_version(function: Lambda, version: str, sha256: str) -> None:
    """Delete an old version, if it is still that code and no alias points at it."""
    from botocore.exceptions import ClientError

    published = version_of(function.client, function.name, version)
    if published is None or published.sha256 != sha256:
        return
    try:
        function.client.delete_function(FunctionName=function.name, Qualifier=version)
    except ClientError as error:
        if error_code(error) not in ("ResourceConflictException", "ResourceNotFoundException"):
            raise


def _take_back(function: Lambda, version: str, known: Collection[str]) -> None:
    """Delete a version that was published here. Errors are ignored: another one is being raised."""
    from botocore.exceptions import BotoCoreError, ClientError

    if version in known:
        return
    function.progress("taking the version back")
    try:
        function.client.delete_function(FunctionName=function.name, Qualifier=version)
    except (BotoCoreError, ClientError):
        return


def _write(function: Lambda, operation: str, **arguments: object) -> dict[str, Any]:
    """One write, as soon as Lambda is ready for it."""
    write = getattr(function.client, operation)
    return accepted(
        function.client,
        function.name,
        function.update,
        lambda: write(FunctionName=function.name, **arguments),
    )
