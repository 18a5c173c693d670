"""Which project a checkout and a project bucket belong to, and the proof that it is the same one.

A name proves nothing: two repositories can have the same one. The bucket says in `project.json`
which project it belongs to. A checkout proves that it is that project by `[project] id` in
resumectl.toml, by the origin of its repository, or by what it remembers of an earlier command.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from resumectl.errors import Refused

KEY: Final = "project.json"
SCHEMA: Final = "resumectl/project/v1"

_SCP: Final = re.compile(r"(?:[^@/]+@)?(?P<host>[^:/]+):(?P<path>(?!//).+)")
"""git@host:owner/repository, the short form of an SSH URL."""
_URL: Final = re.compile(r"\w[\w+.-]*://(?:[^@/]*@)?(?P<host>[^:/]*)(?::\d+)?/(?P<path>.+)")


@dataclass(frozen=True)
class Checkout:
    """What proves which project a working copy is of.

    Attributes:
        name: `[project] name`.
        id: `[project] id`, if it is set.
        origin: the repository that it was cloned from, as `normalized`; may be empty.
        memory: the folder where ids of earlier commands are remembered, one file per bucket.
    """

    name: str
    id: str | None
    origin: Callable[[], str]
    memory: Path


class Project:
    """The project of a checkout, as one project bucket knows it.

    Args:
        checkout: what this working copy knows.
        bucket: the name of the project bucket.
    """

    def __init__(self, checkout: Checkout, bucket: str) -> None:
        self._checkout = checkout
        self._bucket = bucket
        self._proven: Mapping[str, Any] | None = None

    @property
    def id(self) -> str:
        """The project's id; before the first deploy, the one that it will get."""
        return str(self._proven["id"]) if self._proven else self._proposed

    @property
    def remembered(self) -> str | None:
        """The id with which this checkout used the bucket before."""
        with suppress(OSError, UnicodeDecodeError):
            return self._memory.read_text().strip() or None
        return None

    @property
    def is_portable(self) -> bool:
        """Whether another checkout of the same repository can prove that it is this project."""
        return bool(self._checkout.id or self._origin)

    def prove(self, document: bytes) -> None:
        """Check that the bucket belongs to this project.

        Args:
            document: the bucket's `project.json`.

        Raises:
            Refused: it belongs to another project, or nothing proves that it is this one.
        """
        stored = _parsed(document, self._bucket)
        if not self._is_ours(stored):
            raise self._refused(stored)
        self._proven = stored

    def remember(self) -> None:
        """Keep the id, as a proof for later commands of this checkout."""
        if self.remembered != self.id:
            with suppress(OSError):  # the origin or resumectl.toml may still prove it
                self._memory.parent.mkdir(parents=True, exist_ok=True)
                self._memory.write_text(f"{self.id}\n")

    def document(self) -> bytes | None:
        """What `project.json` should say; None if it says that already."""
        stored = self._proven or {}
        wanted = {
            "schema": SCHEMA,
            "id": self.id,
            "name": self._checkout.name,
            **stored,
            "origin": stored.get("origin") or self._origin,
        }
        return None if wanted == stored else json.dumps(wanted, indent=2).encode()

    @cached_property
    def _proposed(self) -> str:
        return self._checkout.id or self.remembered or secrets.token_hex(4)

    @cached_property
    def _origin(self) -> str:
        return self._checkout.origin()

    @property
    def _memory(self) -> Path:
        return self._checkout.memory / self._bucket

    def _is_ours(self, stored: Mapping[str, Any]) -> bool:
        if self._checkout.id:
            return bool(stored["id"] == self._checkout.id)
        if stored["id"] == self._proposed:
            return True
        return bool(stored.get("origin")) and stored["origin"] == self._origin

    def _refused(self, stored: Mapping[str, Any]) -> Refused:
        origin = f", {stored['origin']}" if stored.get("origin") else ""
        here = f"id {self._checkout.id}" if self._checkout.id else self._origin or "has no origin"
        return Refused(
            f"The project bucket {self._bucket} belongs to another project"
            f" (id {stored['id']}{origin}; this one: {here}).",
            hint=f'If it is the same project, set id = "{stored["id"]}" under [project] in'
            " resumectl.toml. If not, choose another name there.",
            code="other-project",
        )


def normalized(origin: str) -> str:
    """A git remote as host/owner/repository: the same for SSH and HTTPS, without credentials."""
    text = origin.strip()
    parts = _URL.fullmatch(text) or _SCP.fullmatch(text)
    if parts is None:
        return text
    path = parts["path"].strip("/").removesuffix(".git")
    return f"{parts['host']}/{path}".lower()


def _parsed(document: bytes, bucket: str) -> Mapping[str, Any]:
    """The stored document. Unknown keys are kept: a newer version may have written them."""
    with suppress(ValueError):
        stored = json.loads(document)
        if isinstance(stored, dict) and isinstance(stored.get("id"), str) and stored["id"]:
            return stored
    raise Refused(
        f"{KEY} in the project bucket {bucket} is damaged: nothing proves whose bucket it is.",
        hint=f"Restore its previous version: aws s3api list-object-versions --bucket {bucket}"
        f" --prefix {KEY}",
        code="other-project",
    )
