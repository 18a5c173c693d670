"""Every failure that a person can meet: one line, a hint, an exit code."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command. They are part of the contract: never renumber them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    DIFFERENT = 3
    SMOKE_FAILED = 4
    LOCKED = 5
    BUG = 70
    INTERRUPTED = 130


class ResumectlError(Exception):
    """Something that went wrong, said so that the reader can act on it.

    Args:
        message: one line, what happened; further lines are details, such as what a command printed.
        hint: one line, what to do about it.
        code: a stable word for programs, as `error.code` in JSON.
    """

    exit_code: Exit = Exit.FAILED
    code: str = "failed"

    def __init__(self, message: str, *, hint: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.code


class SettingsError(ResumectlError):
    """resumectl.toml, an environment variable or an option holds something unusable."""

    code = "settings"


class BuildError(ResumectlError):
    """The worktree cannot be turned into something to deploy."""

    code = "build"


class CloudError(ResumectlError):
    """AWS, or the embedded cloud, refused or did not answer."""

    code = "aws"


class TerraformError(ResumectlError):
    """Terraform is missing, too old, or failed."""

    code = "terraform"


class Refused(ResumectlError):
    """A safety rule stopped the command; nothing was changed."""

    code = "refused"


class SmokeFailed(ResumectlError):
    """The site is deployed, but does not do what it should."""

    exit_code = Exit.SMOKE_FAILED
    code = "smoke"


class Locked(ResumectlError):
    """Another deploy holds the lock of this environment."""

    exit_code = Exit.LOCKED
    code = "locked"
