from __future__ import annotations

import pytest

from resumectl.report import drift

DRIFT = {
    "release": 7,
    "changes": [],
    "pending": {},
    "lost": [],
    "unchecked": {},
    "unseen": [],
    "ignored": [],
    "expired_ignores": [],
    "reverted": False,
}
CHANGE = {
    "part": "infra",
    "key": "aws_lambda_function.counter",
    "action": "update",
    "kind": "changed",
    "values": {},
    "since": None,
}


@pytest.fixture
def page(shown):
    return lambda document, **options: shown(drift.drift, {**DRIFT, **document}, **options)


def values(**pairs):
    return {name: {"from": before, "to": after} for name, (before, after) in pairs.items()}


def test_no_drift(page):
    assert page({}) == "No drift: what is live matches release #7.\n"
    assert page({"release": None}) == "No drift: what is live matches what was released.\n"


def test_part_by_part_with_kind_and_values(page):
    site = {**CHANGE, "part": "site", "since": "2026-11-27T10:00:00+00:00"}
    changes = [
        {
            **CHANGE,
            "key": "terraform.state",
            "kind": "state",
            "values": values(serial=(3, 4)),
        },
        {**CHANGE, "values": values(memory_size=(128, None))},
        {**CHANGE, "key": "route GET /admin", "action": "create", "kind": "unmanaged"},
        {**CHANGE, "key": "output.site_url", "kind": "output", "values": values(value=("a", "b"))},
        {
            **CHANGE,
            "part": "function",
            "key": "live",
            "kind": "code",
            "values": values(routing=({}, {"3": 0.1})),
        },
        {**site, "key": "index.html", "kind": "object", "values": values(sha256=("a", "b"))},
        {**site, "key": "old.html", "action": "delete", "kind": "deleted", "since": None},
    ]
    assert page({"changes": changes}).splitlines() == [
        "7 differences between what is live and release #7:",
        "Infrastructure",
        "  state     Terraform state",
        "            serial: 3 -> 4",
        "  changed   Lambda function counter",
        "            memory_size: 128 -> (not set)",
        "  unmanaged API route GET /admin",
        "  output    output site_url",
        "            value: a -> b",
        "Function",
        "  code      code behind alias live",
        "            traffic to version 3: 0% -> 10%",
        "Site",
        "  content   index.html, 2 h ago",
        "  deleted   old.html",
        "To revert: resumectl drift --fix --env prod",
    ]


def test_a_part_that_no_table_knows_is_shown(page):
    text = page({"changes": [{**CHANGE, "part": "queue", "key": "jobs"}]})
    assert "Queue\n  changed   jobs\n" in text


def test_long_values_are_folded_below_themselves(page):
    change = {**CHANGE, "values": values(comment=("word " * 20, "y" * 100))}
    assert page({"changes": [change]}).splitlines()[3:7] == [
        "            comment:",
        f"                 {'word ' * 11}word",
        f"                 {'word ' * 7}word",
        f"              -> {'y' * 100}",
    ]


def test_a_value_is_shortened_unless_verbose(page):
    changes = [{**CHANGE, "values": values(comment=("a", "b" * 200))}]
    assert f"{'b' * 119}…" in page({"changes": changes})
    assert "b" * 200 in page({"changes": changes}, verbose=True)


def test_many_values_are_shortened_unless_verbose(page):
    many = {f"field{number}": (1, 2) for number in range(9)}
    changes = [{**CHANGE, "values": values(**many)}]
    assert "… and 4 more (-v shows all)" in page({"changes": changes})
    assert "field8: 1 -> 2" in page({"changes": changes}, verbose=True)


def test_digests_and_times_are_shown_when_verbose(page):
    digests = values(sha256=("a" * 64, "b" * 64))
    changes = [{**CHANGE, "since": "2026-11-22", "values": digests}]
    text = page({"changes": changes}, verbose=True)
    assert "Lambda function counter, since 2026-11-22\n" in text
    assert f"content: {'a' * 12} -> {'b' * 12}" in text


def test_drift_that_was_reverted(page):
    text = page({"changes": [CHANGE, CHANGE], "reverted": True, "release": 8})
    assert text == "Reverted 2 differences: what is live matches release #8.\n"


def test_a_revert_that_failed_is_not_offered_again(page):
    error = {"code": "not-fixed", "message": "It is still there.", "hint": None}
    assert "To revert" not in page({"changes": [CHANGE], "error": error})


@pytest.mark.parametrize(
    ("verbose", "said"), [(False, "a, b, c, 2 more (-v shows all)."), (True, "a, b, c, d, e.")]
)
def test_what_is_ignored_is_named(page, verbose, said):
    ignored = [{**CHANGE, "part": "site", "key": key} for key in "abcde"]
    text = page({"ignored": ignored}, verbose=verbose)
    assert f"5 differences ignored by resumectl.toml: {said}" in text.splitlines()


def test_what_is_not_drift_is_told_apart(page):
    document = {
        "pending": {"infra": 0, "function": None, "site": 2},
        "unchecked": {"infra": "Terraform is missing."},
        "ignored": [CHANGE],
        "expired_ignores": [{"key": "aws_x.*", "reason": "tried out", "until": "2026-01-01"}],
    }
    assert page(document).splitlines()[1:] == [
        "Infrastructure was not compared: Terraform is missing.",
        "1 difference ignored by resumectl.toml: Lambda function counter.",
        "The ignore of aws_x.* (tried out) expired on 2026-01-01.",
        "Not drift, but not deployed yet: site 2 (resumectl plan --env prod).",
    ]


def test_what_is_lost_is_told_and_not_offered_to_be_reverted(page):
    deleted = {**CHANGE, "kind": "deleted", "action": "delete"}
    text = page({"changes": [deleted], "lost": ["aws_dynamodb_table.counter was deleted"]})
    assert text.splitlines()[-2:] == [
        "Lost: aws_dynamodb_table.counter was deleted.",
        "To make it again: resumectl deploy --env prod",
    ]
    assert "To revert" not in text


LOOK = {"part": "infra", "what": "role policies", "action": "iam:ListRolePolicies", "why": "denied"}


def test_without_a_difference_a_failed_look_does_not_read_as_no_drift(page):
    assert page({"unseen": [LOOK]}) == "No difference from release #7 in what could be read.\n"


def test_a_failed_look_is_named_below_the_differences(page):
    line = "Could not look at: role policies (iam:ListRolePolicies denied)."
    assert line in page({"changes": [CHANGE], "unseen": [LOOK]})
