from __future__ import annotations

import errno

import pytest

from resumectl import errors
from resumectl.errors import Exit, ResumectlError, of_machine

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ResumectlError)
]


def test_exit_codes_do_not_change():
    assert {code.name: code.value for code in Exit} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "DIFFERENT": 3,
        "SMOKE_FAILED": 4,
        "LOCKED": 5,
        "BUG": 70,
        "INTERRUPTED": 130,
        "UNREAD": 141,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_keeps_its_message_and_hint(kind):
    error = kind("It broke.", hint="Repair it.")
    assert (str(error), error.message, error.hint) == ("It broke.", "It broke.", "Repair it.")
    assert error.exit_code in Exit


def test_no_two_errors_share_a_code():
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_a_code_can_be_overridden():
    assert errors.Refused("No.", code="data-loss").code == "data-loss"
    assert errors.Refused("No.").code == "refused"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.SmokeFailed, Exit.SMOKE_FAILED),
        (errors.Locked, Exit.LOCKED),
        (errors.Refused, Exit.FAILED),
    ],
)
def test_an_error_sets_the_exit_code(kind, code):
    assert kind("x").exit_code is code


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (OSError(errno.ENOSPC, "No space", "from", None, "to"), "to: No space.", "Free some disk"),
        (OSError(errno.EROFS, "Read-only", "to"), "to: Read-only.", "Make the file system"),
        (OSError(errno.EIO, "I/O error", "to"), "to: I/O error.", "Check that path"),
        (OSError(errno.ECONNRESET, "Reset"), "Reset.", "Run the same command again"),
    ],
)
def test_what_this_machine_refuses_names_the_path_that_is_written(error, message, hint):
    translated = of_machine(error)
    assert (translated.message, translated.code) == (message, "machine")
    assert translated.hint.startswith(hint)


def test_an_error_without_a_reason_is_not_blamed_on_the_machine():
    assert of_machine(OSError("what is this")) is None
