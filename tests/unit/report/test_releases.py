from __future__ import annotations

import pytest

from resumectl.report import releases

RELEASE = {
    "id": 7,
    "time": "2026-11-25T12:00:00+00:00",
    "kind": "deploy",
    "status": "verified",
    "actor": {"name": "ada", "host": "laptop"},
    "message": "New [job]",
    "git": {"revision": "a" * 40, "dirty": True},
    "changes": {"infra": {}, "function": {"update": 1}, "site": {"create": 2, "delete": 1}},
    "rollback_of": None,
    "revert_of": None,
    "failed_step": None,
    "live": True,
}
BACK = {
    "release": {**RELEASE, "id": 9, "kind": "rollback"},
    "target": 7,
    "changes": [],
    "checks": [],
    "urls": {"site": "https://example.com/"},
    "not_rolled_back": ["infra", "data"],
    "revision": "b" * 40,
}


# --- history


def test_history_of_nothing(shown):
    text = shown(releases.history, {"releases": [], "pin": None})
    assert text == "Nothing was released yet.\n"


def test_a_release_is_a_row_and_how_it_ended(shown):
    assert shown(releases.history, {"releases": [RELEASE], "pin": None}) == (
        "#   age  revision    who  changes\n"
        "#7  2 d  aaaaaaaaa+  ada  function 1, site 3\n"
        "    live, verified: New [job]\n"
    )


FAILED = {"live": False, "status": "failed", "failed_step": "smoke"}


@pytest.mark.parametrize(
    ("release", "pin", "story"),
    [
        ({}, 7, "live, pinned, verified: New [job]"),
        ({"live": False}, 7, "verified: New [job]"),
        ({"status": "unverified", "message": ""}, None, "live, unverified"),
        (FAILED, None, "failed at smoke: New [job]"),
        ({**FAILED, "taken_back_to": 3}, None, "failed at smoke, taken back to #3: New [job]"),
        (
            {"kind": "rollback", "rollback_of": 3, "message": ""},
            None,
            "live, rollback to #3, verified",
        ),
        ({"kind": "revert", "revert_of": 3, "message": ""}, None, "live, revert to #3, verified"),
        ({"message": "drift --fix"}, None, "live, verified: drift --fix"),
        ({"kind": "destroy", "status": "destroyed", "live": False}, None, "destroyed: New [job]"),
        ({**FAILED, "kind": "destroy", "message": ""}, None, "destroy, failed at smoke"),
    ],
)
def test_the_story_of_a_release(shown, release, pin, story):
    document = {"releases": [{**RELEASE, **release}], "pin": pin}
    assert shown(releases.history, document).splitlines()[2] == f"    {story}"


def test_history_without_git_and_changes(shown):
    release = {**RELEASE, "git": {}, "changes": {}}
    text = shown(releases.history, {"releases": [release], "pin": None})
    assert text.splitlines()[1] == "#7  2 d  -         ada  -"


def test_columns_stand_below_one_another(shown):
    rows = [RELEASE, {**RELEASE, "id": 10, "actor": {"name": "github-actions[bot]"}}]
    lines = shown(releases.history, {"releases": rows, "pin": None}).splitlines()
    assert (
        len({line.index(word) for line, word in zip(lines[1::2], ["func"] * 2, strict=True)}) == 1
    )


# --- rollback


def test_a_rollback_says_what_it_left_alone(shown):
    assert shown(releases.rollback, BACK) == (
        "Release #9, a rollback to #7, is live and verified.\n"
        "The environment is pinned. To allow deploys again: resumectl unpin --env prod\n"
        "Not rolled back: infrastructure and the counter's data.\n"
        "The infrastructure of release #7 is in git revision bbbbbbbbbbbb.\n"
        "  Site     https://example.com/\n"
    )


def test_a_rollback_whose_smoke_test_fails(shown):
    check = {"name": "page", "ok": False, "detail": "500", "seconds": 1}
    release = {**BACK["release"], **FAILED}
    text = shown(releases.rollback, {**BACK, "release": release, "checks": [check]})
    assert text.startswith("Release #9, a rollback to #7, failed at smoke.\n")
    assert "✗ page" in text


def test_the_plan_of_a_rollback(shown):
    change = {"part": "function", "key": "live", "action": "update", "fields": ["sha256"]}
    text = shown(releases.rollback, {**BACK, "release": None, "changes": [change]})
    assert text.startswith(
        "A rollback to release #7 would do this:\n"
        "Function  1 to change\n"
        "  ~ code behind alias live  content\n"
    )
    assert ("pinned" in text, "https://" in text) == (False, False)


def test_a_rollback_to_what_is_live(shown):
    text = shown(releases.rollback, {**BACK, "release": None})
    assert text.startswith("What is live matches release #7 already.\n")


def test_a_rollback_of_everything_left_nothing_alone(shown):
    assert "Not rolled back" not in shown(releases.rollback, {**BACK, "not_rolled_back": []})


# --- unpin


def test_unpin(shown):
    text = shown(releases.unpin, {"unpinned": True, "release": 7})
    assert text == "Unpinned from release #7: deploys are allowed again.\n"
    text = shown(releases.unpin, {"unpinned": True, "release": None})  # the pin was unreadable
    assert text.splitlines() == ["Unpinned: deploys are allowed again."]
    text = shown(releases.unpin, {"unpinned": False, "release": None})
    assert text == "Environment prod was not pinned.\n"


@pytest.mark.parametrize(("dirty", "text"), [(True, "aaaaaaaaa+"), (False, "aaaaaaaaa")])
def test_a_plus_marks_local_changes(dirty, text):
    assert releases.revision({"git": {"revision": "a" * 40, "dirty": dirty}}) == text
    assert releases.revision({"git": {}}) == ""


def test_each_lock_that_was_released(shown):
    locks = ["the deploy lock of ada", "Terraform's state lock"]
    text = shown(releases.unlock, {"released": locks})
    assert text == "Released the deploy lock of ada.\nReleased Terraform's state lock.\n"


def test_no_lock(shown):
    assert shown(releases.unlock, {"released": []}) == "Environment prod is not locked.\n"
