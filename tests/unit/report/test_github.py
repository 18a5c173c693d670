from __future__ import annotations

import pytest

from resumectl.report import github

RELEASE = {
    "id": 42,
    "status": "verified",
    "message": "New job | finally",
    "actor": {"name": "ada", "host": "laptop"},
    "git": {"revision": "0123abc", "dirty": True},
}
LIVE = "release #42 is live and verified"
FAILED = {**RELEASE, "status": "failed", "failed_step": "smoke", "taken_back_to": 41}
CHANGES = [
    {"part": "infra", "key": "aws_s3_bucket.site", "action": "create", "fields": []},
    {"part": "function", "key": "live", "action": "update", "fields": ["sha256"]},
    {"part": "site", "key": "a|b.html", "action": "update", "fields": ["sha256", "cache_control"]},
    {"part": "site", "key": "old.html", "action": "delete", "fields": ["sha256"]},
]
GOOD = {"name": "page", "ok": True, "detail": "200", "seconds": 0.123}
BAD = {"name": "counter", "ok": False, "detail": "added 1 | instead of 2", "seconds": 2}
URLS = {"site": "https://example.com/", "counter": "https://example.com/api/count"}


def success(command="deploy", *, env="prod", ok=True, exit_code=0, **body):
    return {
        "schema": f"resumectl/{command}/v1",
        "env": env,
        "ok": ok,
        "exit_code": exit_code,
        **body,
    }


def failure(command="deploy", message="AWS refused.", hint="Log in again.", exit_code=1, **body):
    error = {"code": "aws", "message": message, "hint": hint}
    return success(command, ok=False, exit_code=exit_code, error=error, **body)


def headline(document) -> str:
    return github.summary(document).split("\n", 1)[0]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            success(release=RELEASE, changes=CHANGES),
            "✅ Deploy of prod: release #42 is live and verified",
        ),
        (
            success(release=RELEASE, changes=[]),
            "✅ Deploy of prod: release #42 is live and verified",
        ),
        (
            success(release=RELEASE, recorded=False, changes=[]),
            "✅ Deploy of prod: nothing to do, release #42 is live and verified",
        ),
        (
            success(release={**RELEASE, "status": "unverified"}, changes=CHANGES),
            "⚠️ Deploy of prod: release #42 is live but unverified",
        ),
        (
            failure(release=FAILED, changes=[]),
            "❌ Deploy of prod: release #42 failed at smoke, taken back to #41",
        ),
        (failure(), "❌ Deploy of prod: failed"),
        (success(release=None, recorded=False, changes=[]), "✅ Deploy of prod: nothing to do"),
        (
            success("rollback", release=RELEASE, changes=CHANGES),
            "✅ Rollback of prod: release #42 is live and verified",
        ),
        (
            success("rollback", release=None, changes=CHANGES[1:2]),
            "✅ Rollback of prod: 1 to change",
        ),
        (
            success("plan", changes=CHANGES),
            "✅ Plan of prod: 1 to create, 2 to change, 1 to delete",
        ),
        (success("plan", changes=CHANGES[:1], exit_code=3), "⚠️ Plan of prod: 1 to create"),
        (success("plan", changes=[]), "✅ Plan of prod: nothing to do"),
        (failure("plan"), "❌ Plan of prod: failed"),
        (success("drift", release=42, changes=[]), "✅ Drift of prod: no drift"),
        (
            success("drift", release=42, changes=CHANGES[:1], reverted=False, exit_code=3),
            "⚠️ Drift of prod: 1 difference between the release and what is live",
        ),
        (
            success("drift", release=43, changes=CHANGES[:2], reverted=True),
            "✅ Drift of prod: 2 differences reverted",
        ),
        (failure("drift"), "❌ Drift of prod: failed"),
        (success("smoke", checks=[GOOD, GOOD]), "✅ Smoke of prod: all 2 checks passed"),
        (
            failure("smoke", checks=[GOOD, BAD], exit_code=4),
            "❌ Smoke of prod: 1 of 2 checks failed",
        ),
        (success("smoke", env=None, checks=[]), "✅ Smoke: no checks"),
        (failure("smoke"), "❌ Smoke of prod: failed"),
        (success("status", release=RELEASE, drift=[]), f"✅ Status of prod: {LIVE}"),
        (success("status", release=RELEASE, drift=CHANGES), f"⚠️ Status of prod: {LIVE}"),
        (success("status", release=None, drift=[]), "✅ Status of prod: nothing is released"),
        (failure("status"), "❌ Status of prod: failed"),
        (failure("destroy"), "❌ Destroy of prod: failed"),
        (success("smoke", env="a|*b", checks=[GOOD]), r"✅ Smoke of a\|\*b: all 1 check passed"),
    ],
)
def test_the_headline_says_where_and_how_it_ended(document, expected):
    assert headline(document) == f"### {expected}"


def test_a_deploy_in_full():
    document = success(
        release=RELEASE, changes=CHANGES, urls=URLS, checks=[GOOD], timings={"upload-site": 1.2}
    )
    assert github.summary(document) == (
        """### ✅ Deploy of prod: release #42 is live and verified

- Site: <https://example.com/>
- Counter: <https://example.com/api/count>
- Message: New job \\| finally
- Revision: `0123abc` with local changes
- By: ada

#### Infrastructure: 1 created

| Action | What | Differs in |
| --- | --- | --- |
| create | `S3 bucket site` |  |

#### Function: 1 changed

| Action | What | Differs in |
| --- | --- | --- |
| update | `code behind alias live` | content |

#### Site: 1 changed, 1 deleted

| Action | What | Differs in |
| --- | --- | --- |
| update | `a\\|b.html` | content, Cache-Control |
| delete | `old.html` |  |

#### Checks

|  | Check | Detail | Time |
| --- | --- | --- | --- |
| ✅ | page | 200 | 0.12 s |

<details><summary>Timings</summary>

| Step | Time |
| --- | --- |
| `upload-site` | 1.20 s |

</details>
"""
    )


def test_an_error_and_its_hint_stand_first():
    lines = github.summary(failure(message="a|b", hint="do <this>", urls=URLS)).split("\n\n")
    assert lines[1:3] == [r"**a\|b**", "hint: do &lt;this&gt;"]


def test_an_error_may_have_no_hint():
    assert "hint" not in github.summary(failure(hint=None))


def test_what_was_not_seen_is_neither_passed_nor_failed():
    unseen = {**BAD, "detail": "no such host", "seen": False}
    document = failure("smoke", hint=None, checks=[unseen, unseen], exit_code=4)
    page = github.summary(document)
    assert "❌ Smoke of prod: 2 of 2 checks got no answer" in page
    assert page.count("| ❔ |") == 2
    assert len(github.annotate(document)) == 1


def test_failed_checks_come_first():
    page = github.summary(failure("smoke", checks=[GOOD, BAD, GOOD]), limit=1)
    assert r"| ❌ | counter | added 1 \| instead of 2 | 2.00 s |" in page
    assert "| ✅ |" not in page
    assert "... and 2 more" in page


def test_tables_have_a_limit():
    many = [
        {"part": "site", "key": f"{row}.html", "action": "create", "fields": []}
        for row in range(60)
    ]
    page = github.summary(success("plan", changes=many))
    assert page.count("| create |") == 50
    assert "... and 10 more" in page
    assert "#### Site: 60 to create" in page


def test_drift_names_its_kind():
    changes = [{**CHANGES[3], "kind": "object"}]
    page = github.summary(success("drift", changes=changes, reverted=False, exit_code=3))
    assert "| Action | What | Differs in | Kind |" in page
    assert "| delete | `old.html` |  | content |" in page


def test_a_part_that_no_table_knows_has_its_heading():
    page = github.summary(success("plan", changes=[{**CHANGES[3], "part": "queue"}]))
    assert "#### Queue: 1 to delete\n" in page


def test_what_could_not_be_looked_at_is_named_beside_what_drifted():
    look = {"what": "role policies", "action": "iam:ListRolePolicies", "why": "denied"}
    body = {"changes": [{**CHANGES[3], "kind": "object"}], "unseen": [look], "reverted": False}
    page = github.summary(success("drift", exit_code=3, **body))
    assert "Could not look at: role policies (iam:ListRolePolicies denied)." in page


def test_status_shows_parts_and_drift():
    parts = {
        "infra": {"to_deploy": 0, "drifted": None},
        "site": {"to_deploy": 2, "drifted": 1},
        "queue": {"to_deploy": 0, "drifted": 0},
    }
    page = github.summary(success("status", release=RELEASE, parts=parts, drift=CHANGES[3:]))
    assert (
        "| Infrastructure | drift unknown |\n"
        "| Site | 2 to deploy, 1 drifted |\n"
        "| Queue | in sync |" in page
    )
    assert "| delete | `old.html` |  |" in page


@pytest.mark.parametrize("command", ["package", "doctor", "local-start", "history"])
def test_other_commands_say_nothing_unless_they_fail(command):
    assert github.summary(success(command)) == ""
    assert headline(failure(command)).endswith(": failed")


def test_annotations_escape_what_github_would_read():
    document = failure("deploy", message="100%: a\r\nb", hint="x, y: z")
    assert github.annotate(document) == [
        "::error title=resumectl deploy prod::100%25: a%0D%0Ab%0Ahint: x, y: z",
    ]


def test_each_failed_check_is_annotated():
    named = {**BAD, "name": "counter, 50%\n"}
    assert github.annotate(failure("smoke", hint=None, checks=[GOOD, named])) == [
        "::error title=resumectl smoke prod::AWS refused.",
        "::error title=resumectl smoke prod%3A counter%2C 50%25%0A::added 1 | instead of 2",
    ]


def test_drift_is_a_warning():
    document = success("drift", env=None, changes=CHANGES[:2], reverted=False, exit_code=3)
    assert github.annotate(document) == [
        "::warning title=resumectl drift::2 differences between the release and what is live"
    ]


@pytest.mark.parametrize(
    "document",
    [
        success(release=RELEASE, changes=CHANGES, checks=[GOOD]),
        success("plan"),
        success("drift", release=43, changes=CHANGES, reverted=True),
    ],
)
def test_success_is_not_annotated(document):
    assert github.annotate(document) == []


def test_no_more_annotations_than_github_shows():
    lines = github.annotate(failure("smoke", checks=[BAD] * 30))
    assert len(lines) == 10
    assert lines[-1] == "::error title=resumectl smoke prod::... and 22 more"


def test_the_summary_is_appended(tmp_path):
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    environ = {"GITHUB_STEP_SUMMARY": str(file)}
    assert github.write_summary(environ, success("plan", changes=[]))
    assert github.write_summary(environ, success("plan", changes=CHANGES))
    assert file.read_text(encoding="utf-8").startswith(
        "before\n### ✅ Plan of prod: nothing to do\n\n### ✅ Plan"
    )


@pytest.mark.parametrize("value", [None, "", "/no/such/folder/summary.md"])
def test_a_summary_that_cannot_be_written_fails_nothing(value):
    environ = {} if value is None else {"GITHUB_STEP_SUMMARY": value}
    assert github.write_summary(environ, success("plan", changes=[])) is False


def test_nothing_is_written_for_a_command_with_nothing_to_say(tmp_path):
    file = tmp_path / "summary.md"
    assert not github.write_summary({"GITHUB_STEP_SUMMARY": str(file)}, success("package"))
    assert not file.exists()
