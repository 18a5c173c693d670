from __future__ import annotations

import json

import pytest

from resumectl import disclosure
from resumectl.plan import REPLACE, UNKNOWN

SECRET = "sk_live_canary"


@pytest.mark.parametrize("value", [None, True, 0, 5, 0.5, "", UNKNOWN, REPLACE])
def test_numbers_booleans_and_our_own_marks_are_shown(value):
    assert disclosure.shown(value, "anything", ()) == value


def test_text_is_hidden_unless_its_path_is_harmless():
    assert disclosure.shown("python3.13", "runtime", {"runtime"}) == "python3.13"
    assert "python3.13" not in disclosure.shown("python3.13", "runtime", ())


def test_a_harmless_name_is_not_harmless_elsewhere():
    value = [{"variables": {"runtime": SECRET}}]
    assert SECRET not in str(disclosure.shown(value, "environment", {"runtime", "environment"}))


def test_the_names_of_hidden_values_are_shown():
    ((variables,),) = (disclosure.shown([{"STRIPE_KEY": SECRET}], "variables", ()),)
    assert list(variables) == ["STRIPE_KEY"]


def test_equal_values_have_equal_digests_and_others_do_not():
    assert disclosure.digest(SECRET) == disclosure.digest(SECRET)
    assert disclosure.digest(SECRET) != disclosure.digest(f"{SECRET}2")


def test_a_digest_is_not_hidden_again():
    once = disclosure.shown(SECRET, "a", ())
    assert disclosure.shown(once, "a", ()) == once


def test_of_a_policy_only_harmless_paths_are_shown():
    statement = {"Effect": "Allow", "Condition": {"StringEquals": {"aws:Referer": SECRET}}}
    text = json.dumps({"Statement": [statement]})
    shown = disclosure.shown(text, "policy", {"policy.Statement.Effect"})
    assert json.loads(shown)["Statement"][0]["Effect"] == "Allow"
    assert SECRET not in shown


@pytest.mark.parametrize("text", [SECRET, '{"half": ', f'"{SECRET}"', f'["{SECRET}"]'])
def test_a_policy_that_is_no_policy_is_hidden(text):
    assert SECRET not in disclosure.shown(text, "policy", {"policy.Statement.Effect"})


def test_secrets_are_what_is_hidden():
    value = {"name": "counter", "deep": [{"token": SECRET, "name": "counter"}]}
    assert disclosure.secrets(value, "x", {"x.name"}) == {SECRET}


def test_a_message_is_scrubbed_of_secrets_longest_first():
    message = f"Value '{SECRET}_more' is not {SECRET}"
    scrubbed = disclosure.scrubbed(message, {SECRET, f"{SECRET}_more"})
    assert scrubbed == (
        f"Value '{disclosure.digest(SECRET + '_more')}' is not {disclosure.digest(SECRET)}"
    )


def test_short_texts_are_left_in_a_message():
    assert disclosure.scrubbed("prod is up", {"prod"}) == "prod is up"
