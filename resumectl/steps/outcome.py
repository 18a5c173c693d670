"""What a command returns: the body of its JSON document, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from resumectl.errors import Exit

if TYPE_CHECKING:
    from resumectl.errors import ResumectlError


@dataclass(frozen=True)
class Outcome:
    """How a command ended.

    Attributes:
        body: the keys of the command's JSON document besides `schema`, `env`, `ok`, `exit_code` and
            `error`.
        error: why it did not end well, when it still has something to show.
        code: the exit code when there is no error.
    """

    body: Mapping[str, Any] = field(default_factory=dict)
    error: ResumectlError | None = None
    code: Exit = Exit.OK

    @property
    def exit_code(self) -> Exit:
        """The exit code of the command."""
        return self.error.exit_code if self.error else self.code

    def document(self, command: str, env: str | None) -> dict[str, Any]:
        """The JSON document of the command, as `docs/json.md` describes it."""
        ok = self.error is None and self.code in (Exit.OK, Exit.DIFFERENT)
        schema, code = f"resumectl/{command}/v1", int(self.exit_code)
        error = {"error": _document(self.error)} if self.error else {}
        return {"schema": schema, "env": env, "ok": ok, "exit_code": code, **self.body, **error}


def _document(error: ResumectlError) -> dict[str, Any]:
    message, *details = error.message.splitlines()
    document: dict[str, Any] = {"code": error.code, "message": message, "hint": error.hint}
    if details:
        document["details"] = [line.strip() for line in details]
    return document
