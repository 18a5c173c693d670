"""`doctor`: whether this machine has what resumectl needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from resumectl.errors import ResumectlError, of_machine
from resumectl.steps.outcome import Outcome


def doctor(needs: Mapping[str, Callable[[], str]]) -> Outcome:
    """Check everything that is needed.

    Args:
        needs: by name, a function that returns what is there, or raises if it is missing.
    """
    checks = [_check(name, find) for name, find in needs.items()]
    missing = [check["name"] for check in checks if not check["ok"]]
    hint = "Each line says what to do."
    error = ResumectlError(f"Something is missing: {', '.join(missing)}.", hint=hint)
    return Outcome({"checks": checks}, error if missing else None)


def _check(name: str, find: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"name": name, "ok": True, "detail": find()}
    except ResumectlError as error:
        return _missing(name, error)
    except OSError as error:
        if (reason := of_machine(error)) is None:
            raise
        return _missing(name, reason)


def _missing(name: str, error: ResumectlError) -> dict[str, Any]:
    detail = f"{error.message} {error.hint or ''}".strip()
    return {"name": name, "ok": False, "detail": detail}
