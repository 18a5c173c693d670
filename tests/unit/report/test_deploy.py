from __future__ import annotations

import pytest

from resumectl.plan import Change
from resumectl.report import deploy

ROWS = [
    change.as_json()
    for change in (
        Change("infra", "aws_s3_bucket.site", None, {"bucket": "a"}),
        Change("infra", "aws_lambda_function.counter", {"memory_size": 1}, {"memory_size": 2}),
        Change("site", "old.html", {"sha256": "a"}, None),
    )
]
OUTPUT = {"part": "infra", "key": "output.site_url", "action": "delete", "fields": []}
BAD = {"name": "page", "ok": False, "detail": "404", "seconds": 0.25}
RELEASE = {"id": 7, "status": "verified"}
DEPLOYED = {
    "release": RELEASE,
    "recorded": True,
    "changes": ROWS,
    "timings": {"upload-site": 0.1},
    "checks": [{**BAD, "name": "counter", "ok": True}],
    "urls": {"site": "https://example.com/"},
}


def test_a_plan_that_loses_data_says_that_it_needs_force(shown):
    text = shown(deploy.plan, {"changes": ROWS, "losses": ["The table would be deleted"]})
    assert text.splitlines()[-1] == "Needs --force: The table would be deleted."


def test_a_plan(shown):
    assert shown(deploy.plan, {"changes": ROWS, "losses": []}).startswith(
        "Infrastructure  1 to create"
    )


def test_a_plan_with_nothing_to_do(shown):
    text = shown(deploy.plan, {"changes": [], "losses": []})
    assert text == "Nothing to deploy: what is live matches the repository.\n"


def test_a_deploy_that_recorded_nothing_had_nothing_to_do(shown):
    document = {**DEPLOYED, "recorded": False, "changes": []}
    text = shown(deploy.deploy, document)
    assert text.startswith("Nothing to deploy: release #7 is live and verified.\n")
    text = shown(deploy.deploy, {**document, "release": None, "urls": {}})
    assert text == "Nothing to deploy.\n"


def test_a_recorded_release_without_changes_is_a_release(shown):
    """As after a deploy that was interrupted before it was recorded."""
    text = shown(deploy.deploy, {**DEPLOYED, "changes": []})
    assert text.startswith("Release #7 is live and verified.\n")


def test_what_a_deploy_did_is_done(shown):
    assert shown(deploy.deploy, DEPLOYED) == (
        "Release #7 is live and verified: 1 created, 1 changed, 1 deleted.\n"
        "  Site     https://example.com/\n"
    )


@pytest.mark.parametrize(
    ("release", "ended"),
    [
        ({"status": "failed", "failed_step": "apply-infra"}, "failed at apply-infra."),
        (
            {"status": "failed", "failed_step": "smoke", "taken_back_to": 6},
            "failed at smoke, taken back to #6.",
        ),
    ],
)
def test_a_deploy_that_failed_does_not_say_what_it_changed(shown, release, ended):
    text = shown(deploy.deploy, {**DEPLOYED, "ok": False, "release": {**RELEASE, **release}})
    assert text.startswith(f"Release #7 {ended}\n")


def test_only_failed_checks_are_shown(shown):
    text = shown(deploy.deploy, {**DEPLOYED, "checks": [*DEPLOYED["checks"], BAD]})
    assert ("✗ page" in text, "counter" in text) == (True, False)


def test_verbose_shows_the_time_of_each_step(shown):
    assert "     0.1 s  upload-site\n" in shown(deploy.deploy, DEPLOYED, verbose=True)
    assert "upload-site" not in shown(deploy.deploy, DEPLOYED)


def test_destroy_counts_resources_and_not_outputs(shown):
    rows = [*ROWS, {**OUTPUT, "kind": "output"}]
    text = shown(deploy.destroy, {"changes": rows})
    assert text == "Environment prod is destroyed: 3 resources deleted.\n"
    assert shown(deploy.destroy, {"changes": ROWS[:1]}).endswith(": 1 resource deleted.\n")


def test_nothing_to_destroy(shown):
    text = shown(deploy.destroy, {"changes": []})
    assert text == "Environment prod has nothing to destroy.\n"
