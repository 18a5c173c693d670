from __future__ import annotations

import pytest

from resumectl.commands.doctor import doctor
from resumectl.errors import BuildError, Exit, TerraformError


def missing(error):
    def find():
        raise error

    return find


def test_everything_is_there():
    outcome = doctor({"git": lambda: "/usr/bin/git", "terraform": lambda: "1.11"})
    assert outcome.exit_code == Exit.OK
    assert outcome.body["checks"] == [
        {"name": "git", "ok": True, "detail": "/usr/bin/git"},
        {"name": "terraform", "ok": True, "detail": "1.11"},
    ]


def test_all_that_is_missing_is_named_and_the_rest_is_still_checked():
    outcome = doctor(
        {
            "terraform": missing(TerraformError("No terraform.", hint="Install it.")),
            "site": missing(BuildError("frontend is empty.")),
            "git": lambda: "/usr/bin/git",
        }
    )
    assert outcome.error.message == "Something is missing: terraform, site."
    assert [(check["ok"], check["detail"]) for check in outcome.body["checks"]] == [
        (False, "No terraform. Install it."),
        (False, "frontend is empty."),
        (True, "/usr/bin/git"),
    ]


def test_a_bug_in_a_check_is_not_called_missing():
    with pytest.raises(ZeroDivisionError):
        doctor({"git": lambda: 1 // 0})
