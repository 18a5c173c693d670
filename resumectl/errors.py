"""The errors that resumectl reports: a message, a hint and an exit code."""

from __future__ import annotations

import errno
from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """The exit codes of every command. Scripts depend on them: never renumber one."""

    OK = 0
    FAILED = 1
    USAGE = 2
    DIFFERENT = 3
    SMOKE_FAILED = 4
    LOCKED = 5
    BUG = 70
    INTERRUPTED = 130
    UNREAD = 141


class ResumectlError(Exception):
    """An expected failure, reported without a traceback.

    Args:
        message: what failed, in one line. Further lines hold details, such as a command's output.
        hint: what to do or type, in one line.
        code: a stable identifier for programs: `error.code` in JSON.
    """

    exit_code: Exit = Exit.FAILED
    code: str = "failed"

    def __init__(self, message: str, *, hint: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.code


class SettingsError(ResumectlError):
    """A setting is invalid: in resumectl.toml, an environment variable or an option."""

    code = "settings"


class UsageError(ResumectlError):
    """Options that contradict each other, or have no meaning together."""

    exit_code = Exit.USAGE
    code = "usage"


class BuildError(ResumectlError):
    """The site or the function cannot be built from the worktree."""

    code = "build"


class CloudError(ResumectlError):
    """AWS or the embedded cloud rejected a request or did not respond."""

    code = "aws"


class TerraformError(ResumectlError):
    """Terraform is missing, too old, or failed."""

    code = "terraform"


class MachineError(ResumectlError):
    """This machine refused something: a full disk, a folder that cannot be written, ..."""

    code = "machine"


class Refused(ResumectlError):
    """A safety rule stopped the command before it changed anything."""

    code = "refused"


class SmokeFailed(ResumectlError):
    """The site is deployed, but the smoke test failed."""

    exit_code = Exit.SMOKE_FAILED
    code = "smoke"


class Unseen(ResumectlError):
    """The smoke test got no answer: the site may work or not. Nothing is taken back for it."""

    exit_code = Exit.SMOKE_FAILED
    code = "unseen"


class Locked(ResumectlError):
    """Another deploy holds the lock of the environment."""

    exit_code = Exit.LOCKED
    code = "locked"


_HINTS: Final = {
    errno.ENOSPC: "Free some disk space, then run the same command again.",
    errno.EDQUOT: "Free some of your disk quota, then run the same command again.",
    errno.EROFS: "Make the file system writable, then run the same command again.",
    errno.EACCES: "Check who owns it and its permissions, then run the same command again.",
    errno.EPERM: "Check who owns it and its permissions, then run the same command again.",
    errno.EMFILE: "Allow more open files, then run the same command again: ulimit -n 4096",
}


def of_machine(error: OSError) -> MachineError | None:
    """Our error for one of the operating system; None if it gave no reason."""
    if not error.errno or not error.strerror:
        return None
    path = error.filename2 or error.filename  # of a copy, the second one is being written
    where, otherwise = (f"{path}: ", "Check that path, then run") if path else ("", "Run")
    hint = _HINTS.get(error.errno, f"{otherwise} the same command again.")
    return MachineError(f"{where}{error.strerror}.", hint=hint)
