from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from resumectl.plan import Change, Plan
from resumectl.report import console
from tests.commands import commands

DOCS = Path(__file__).parents[3] / "docs" / "json.md"
EXAMPLES = [
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", DOCS.read_text(), re.DOTALL)
]
SHOWN = [
    example
    for example in EXAMPLES
    if example.keys() - {"schema", "env", "ok", "exit_code", "error"}
]
CHANGES = (
    Change("infra", "aws_s3_bucket.site", None, {"bucket": "a"}),
    Change("infra", "aws_lambda_function.counter", {"memory_size": 1}, {"memory_size": 2}),
    Change("site", "old [draft].html", {"sha256": "a"}, None),
)
ROWS = [change.as_json() for change in CHANGES]
RELEASE = {"id": 7, "status": "verified"}
DEPLOYED = {
    "ok": True,
    "release": RELEASE,
    "changes": ROWS,
    "timings": {"Record the release": 0.1},
    "checks": [],
    "urls": {},
}
BAD = {"name": "page", "ok": False, "detail": "404 [not found]", "seconds": 0.25}


@pytest.fixture
def show(capsys):
    """What a document looks like in a pipe."""

    def text(command, document, *, verbose=False):
        console.show(command, {"ok": True, "env": "prod", **document}, verbose=verbose)
        said = capsys.readouterr()
        assert said.err == ""
        return said.out

    return text


def command_of(document):
    return document["schema"].split("/")[1]


# --- all of them


def test_every_command_can_be_shown():
    names = {
        command.name.removeprefix("resumectl ").replace(" ", "-")
        for command in commands()
        if not command.is_group
    }
    assert names == set(console._RENDERERS)


@pytest.mark.parametrize("document", SHOWN, ids=command_of)
@pytest.mark.parametrize("verbose", [False, True])
def test_every_document_of_the_docs_can_be_shown(document, verbose, on_terminal):
    assert on_terminal(console.show, command_of(document), document, verbose=verbose).strip()


@pytest.mark.parametrize("document", SHOWN, ids=command_of)
def test_a_pipe_gets_no_colour(document, show):
    assert "\x1b" not in show(command_of(document), document)


@pytest.mark.parametrize("document", SHOWN, ids=command_of)
def test_no_color_is_respected_on_a_terminal(document, on_terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(
        r"\x1b\[[0-9;]*3[0-7]",
        on_terminal(console.show, command_of(document), document, verbose=False),
    )


# --- deploy


def test_a_deploy_with_nothing_to_do(show):
    said = show("deploy", {**DEPLOYED, "changes": [], "timings": {"Plan": 1}})
    assert said == "Nothing to deploy: release #7 is live.\n"


@pytest.mark.parametrize(
    ("release", "said"),
    [
        ({"status": "verified"}, "Release #7 is live."),
        ({"status": "unverified"}, "Release #7 is live, untested."),
        ({"status": "failed"}, "Release #7 failed."),
        (
            {"status": "failed", "taken_back_to": 6},
            "Release #7 failed; release #6 is served again.",
        ),
    ],
)
def test_how_a_deploy_ended(show, release, said):
    assert show("deploy", {**DEPLOYED, "release": {**RELEASE, **release}}).startswith(said)


def test_what_a_deploy_did_is_done(show):
    assert (
        show("deploy", DEPLOYED).splitlines()[0]
        == "Release #7 is live. 1 created, 1 changed, 1 deleted"
    )
    failed = {"ok": False, "release": {**RELEASE, "status": "failed"}}
    assert show("deploy", {**DEPLOYED, **failed}) == "Release #7 failed.\n"


def test_a_release_that_changed_nothing_is_still_a_release(show):
    """As after a deploy that was interrupted before it was recorded."""
    assert show("deploy", {**DEPLOYED, "changes": []}) == "Release #7 is live.\n"


def test_only_failed_checks_are_shown_after_a_deploy(show):
    said = show("deploy", {**DEPLOYED, "checks": [{**BAD, "name": "counter", "ok": True}, BAD]})
    assert "✗  page" in said
    assert "404 [not found]" in said
    assert "counter" not in said


def test_addresses_are_never_folded(on_terminal):
    url = f"https://{'a' * 90}.example.com/"
    assert f"  Site     {url}\n" in on_terminal(
        console.show, "deploy", {**DEPLOYED, "urls": {"site": url}}, verbose=False
    )


# --- plans


def test_a_plan_by_part_in_words(show):
    assert show("plan", {"changes": ROWS}) == (
        "Infrastructure  1 to create, 1 to change\n"
        "  + S3 bucket site\n"
        "  ~ Lambda function counter  memory_size\n"
        "Site  1 to delete\n"
        "  - old [draft].html\n"
    )


def test_a_plan_with_nothing_to_do(show):
    assert (
        show("plan", {"changes": []})
        == "Nothing to do: what is live is what the repository says.\n"
    )


def test_a_long_plan_is_cut_short_unless_asked(show):
    rows = [Change("site", f"{number:02}.html", None, {}).as_json() for number in range(20)]
    said = show("plan", {"changes": rows})
    assert "07.html" in said
    assert "08.html" not in said
    assert "… and 12 more (-v shows all)" in said
    assert "19.html" in show("plan", {"changes": rows}, verbose=True)


def test_the_plan_before_the_question_is_talk(capsys):
    console.show_plan(Plan(CHANGES), verbose=False)
    said = capsys.readouterr()
    assert said.out == ""
    assert "S3 bucket site" in said.err


LONG = [Change("site", "a" * 200, None, {}).as_json()]


def test_a_long_key_is_folded_on_a_terminal(on_terminal):
    lines = re.sub(
        r"\x1b\[[0-9;]*m", "", on_terminal(console.show, "plan", {"changes": LONG}, verbose=False)
    ).splitlines()
    assert max(map(len, lines)) <= 80
    assert "".join(lines).count("a") >= 200


def test_a_long_key_is_whole_in_a_pipe(show):
    assert "a" * 200 in show("plan", {"changes": LONG})


# --- the others


def test_checks(show):
    said = show(
        "smoke",
        {"checks": [BAD, {"name": "counter", "ok": True, "detail": "41 -> 42", "seconds": 1}]},
    )
    assert [line.split() for line in said.splitlines()] == [
        ["✗", "page", "404", "[not", "found]", "0.25", "s"],
        ["✓", "counter", "41", "->", "42", "1.00", "s"],
    ]


def test_a_package_in_a_folder_with_brackets(show):
    document = {
        "path": "/tmp/[a]/function.zip",
        "sha256": "ab",
        "size": 3149,
        "files": ["counter.py"],
    }
    assert show("package", document) == "/tmp/[a]/function.zip  3.1 kB, 1 file\nsha256 ab\n"
    assert show("package", document, verbose=True).endswith("  counter.py\n")


def test_destroy(show):
    assert show("destroy", {"changes": []}) == "There is nothing to delete.\n"
    assert show("destroy", {"changes": ROWS}) == "Environment prod is deleted: 3 resources.\n"


def test_the_embedded_cloud(show):
    stopped = {
        "state": "stopped",
        "endpoint": None,
        "pid": None,
        "data_bytes": 0,
        "log": "/p/[x]/log",
    }
    assert (
        show("local-status", stopped)
        == "The embedded cloud is stopped.\n  data  0 B\n  log   /p/[x]/log\n"
    )
    running = {**stopped, "state": "running", "endpoint": "http://127.0.0.1:4566", "pid": 5}
    assert "is running on http://127.0.0.1:4566, process 5.\n" in show("local-status", running)
