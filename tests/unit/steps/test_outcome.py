from __future__ import annotations

import json

import pytest

from resumectl.errors import Exit, Locked, Refused, SmokeFailed
from resumectl.steps.outcome import Outcome

SMOKE = SmokeFailed("1 of 2 checks failed: page.", hint="404")


@pytest.mark.parametrize(
    ("outcome", "code", "ok"),
    [
        (Outcome(), 0, True),
        (Outcome({"changes": []}), 0, True),
        (Outcome(code=Exit.DIFFERENT), 3, True),
        (Outcome(code=Exit.FAILED), 1, False),
        (Outcome(error=Refused("No.")), 1, False),
        (Outcome(error=SMOKE), 4, False),
        (Outcome(error=Locked("Taken.")), 5, False),
        (Outcome(error=SMOKE, code=Exit.DIFFERENT), 4, False),
    ],
)
def test_the_exit_code_and_ok(outcome, code, ok):
    document = outcome.document("deploy", "prod")
    assert (outcome.exit_code, document["exit_code"], document["ok"]) == (code, code, ok)


def test_every_document_begins_with_schema_environment_and_exit_code():
    assert Outcome({"changes": []}).document("local-start", None) == {
        "schema": "resumectl/local-start/v1",
        "env": None,
        "ok": True,
        "exit_code": 0,
        "changes": [],
    }


def test_an_error_is_shown_beside_the_body():
    document = Outcome({"checks": [1]}, SMOKE).document("smoke", "prod")
    assert document["checks"] == [1]
    assert document["error"] == {
        "code": "smoke",
        "message": "1 of 2 checks failed: page.",
        "hint": "404",
    }


def test_an_exit_code_is_a_number_in_json():
    assert '"exit_code": 3' in json.dumps(Outcome(code=Exit.DIFFERENT).document("plan", "prod"))


def test_further_lines_of_a_message_are_details():
    error = Refused("The build failed.\n  no such file: x\nexit code 2", hint="Fix it.")
    assert Outcome(error=error).document("deploy", "prod")["error"] == {
        "code": "refused",
        "message": "The build failed.",
        "hint": "Fix it.",
        "details": ["no such file: x", "exit code 2"],
    }
