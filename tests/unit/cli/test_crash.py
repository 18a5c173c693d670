from __future__ import annotations

import stat

import pytest

from resumectl.cli import crash
from tests.fakes.errors import aws_error

SECRET = "sk_live_canary"


def raised(error, cause=None):
    try:
        try:
            if cause:
                raise cause
        except type(cause or error) as first:
            raise error from first
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"invalid literal: '{SECRET}'"),
        KeyError(SECRET),
        RuntimeError(SECRET),
        TypeError(SECRET),
        OSError(2, "No such file", SECRET),
    ],
)
def test_a_message_that_can_quote_a_value_is_not_kept(error, tmp_path):
    log = crash.write(raised(error, ValueError(SECRET)), tmp_path).read_text()
    assert SECRET not in log + crash.describe(error)
    assert "test_crash.py" in log
    assert "That led to:" in log


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (AttributeError("no attribute 'x'"), "AttributeError: no attribute 'x'"),
        (OSError(28, "No space left on device"), "OSError: No space left on device"),
        (aws_error("InternalError"), "ClientError: InternalError"),
        (ValueError("x"), "ValueError"),
    ],
)
def test_the_type_is_told_and_what_only_names_code(error, text):
    assert crash.describe(error) == text


def test_the_log_is_private(tmp_path):
    file = crash.write(raised(ValueError("x")), tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.name.startswith("crash-")
