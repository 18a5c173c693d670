"""A released configuration as the project bucket keeps it: without secrets.

In place of a value that can be secret, and of a file that holds values or keys, there is a digest.
When the configuration is needed again, they are taken from the worktree, if it still has the same.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from resumectl import disclosure
from resumectl.disclosure import digest, shown
from resumectl.errors import Refused
from resumectl.infra import configuration
from resumectl.infra.harmless import VARIABLES
from resumectl.infra.module import Module
from resumectl.release.bucket import UNREADABLE

_DIGESTS: Final = "resumectl.digests.json"
_PRIVATE: Final = ("*.tfvars", "*.tfvars.json", "*.pem", "*.key")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_QUOTED: Final = re.compile(r'"((?:[^"\\\\]|\\\\.)*)"')
_DIGEST: Final = re.compile(r"\(sensitive [0-9a-f]{8}\)")


class _Different(Exception):
    """The worktree does not have the value of which there is a digest."""


@dataclass(frozen=True)
class Kept:
    """A configuration that was kept.

    Attributes:
        module: as it was released; with the worktree's own for each of `different`.
        different: the variables and files that are not kept and that the worktree changed.
    """

    module: Module
    different: tuple[str, ...] = ()

    def exactly(self) -> Module:
        """The module as it was released.

        Raises:
            Refused: something is different, so that nobody has it.
        """
        if self.different:
            names = ", ".join(self.different)
            raise Refused(
                f"The released configuration cannot be restored: {names}. Only a digest is kept of"
                " what can be secret, and the worktree has another value.",
                hint="Put the released value back, or deploy.",
                code="secret",
            )
        return self.module

    def nearly(self, note: Callable[[str], None]) -> Module:
        """The module to compare with; a note says what is different."""
        if self.different:
            names = ", ".join(self.different)
            note(f"Not kept with the release, and different in the worktree: {names}")
        return self.module


def pack(module: Module) -> bytes:
    """A module and its variables as a zip."""
    private = {name: _of(content) for name, content in module.files.items() if is_private(name)}
    values = {
        name: shown(value, name, VARIABLES)
        for name, value in configuration.portable(module.variables).items()
    }
    files = {name: content for name, content in module.files.items() if name not in private}
    documents = {configuration.VARIABLES: values, _DIGESTS: private}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(zipfile.ZipInfo(name, _EPOCH), content)
        for name, document in documents.items():
            zipped.writestr(zipfile.ZipInfo(name, _EPOCH), json.dumps(document, sort_keys=True))
    return buffer.getvalue()


def unpack(data: bytes, worktree: Module) -> Kept:
    """The module in a zip, with what the zip lacks from the worktree."""
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        files = {name: zipped.read(name) for name in zipped.namelist()}
    values: dict[str, Any] = json.loads(files.pop(configuration.VARIABLES))
    private: dict[str, str] = json.loads(files.pop(_DIGESTS, b"{}"))
    variables, different = _restored(values, worktree.variables)
    package = worktree.variables["function"]["package"]
    variables["function"] = {**variables["function"], "package": package}
    for name, recorded in private.items():
        here = worktree.files.get(name)
        if here is not None:
            files[name] = here
        if here is None or _of(here) != recorded:
            different.append(f"file {name}")
    return Kept(Module(files, variables), tuple(different))


def or_worktree(data: bytes | None, worktree: Module) -> Kept:
    """The module in a zip; the worktree's if it was not kept, or is damaged."""
    try:
        return unpack(data or b"", worktree)
    except (zipfile.BadZipFile, *UNREADABLE):
        return Kept(worktree)


def secrets(module: Module) -> set[str]:
    """The texts that are not kept, to be scrubbed from messages."""
    hidden = {
        text
        for name, value in module.variables.items()
        if name != "function"
        for text in disclosure.secrets(value, name, VARIABLES)
    }
    for name, content in module.files.items():
        if is_private(name):
            hidden |= set(_QUOTED.findall(content.decode(errors="replace")))
    return hidden


def is_private(name: str) -> bool:
    """Whether a file of a module holds values or keys."""
    return any(fnmatchcase(name.rpartition("/")[2], pattern) for pattern in _PRIVATE)


def _of(content: bytes) -> str:
    return digest(content.decode("latin-1"))


def _restored(
    values: Mapping[str, Any], worktree: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    variables, different = {}, []
    for name, value in values.items():
        try:
            variables[name] = _completed(value, worktree.get(name))
        except _Different:
            variables[name] = worktree.get(name, value)
            different.append(f"variable {name}")
    return variables, different


def _completed(value: Any, here: Any) -> Any:
    """The value with what `here` has in place of its digests."""
    if isinstance(value, dict):
        table = here if isinstance(here, dict) else {}
        return {key: _completed(item, table.get(key)) for key, item in value.items()}
    if isinstance(value, list):
        items = here if isinstance(here, (list, tuple)) else ()
        padded = [*items, *([None] * (len(value) - len(items)))]
        return [_completed(item, own) for item, own in zip(value, padded, strict=False)]
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        return value
    if not isinstance(here, str) or digest(here) != value:
        raise _Different
    return here
