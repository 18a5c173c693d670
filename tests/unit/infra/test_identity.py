from __future__ import annotations

from dataclasses import replace

import pytest

from resumectl.infra.identity import Deployment, refused

OURS = Deployment("1f2e3d4c", "prod", "123456789012", "eu-west-2")
TEXT = "1f2e3d4c/prod/123456789012/eu-west-2"


def test_it_is_one_word():
    assert str(OURS) == TEXT


@pytest.mark.parametrize("text", [TEXT, f"Headers of {TEXT}", f"{TEXT} (do not edit)"])
def test_a_text_that_names_it_is_ours(text):
    assert OURS.owns(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Serves /dir/ with /dir/index.html",
        "resume-prod",
        f"{TEXT}-2",
        f"x{TEXT}",
        "prod/123456789012/eu-west-2",
        "1f2e3d4c/staging/123456789012/eu-west-2",
        "1f2e3d4c/prod/999999999999/eu-west-2",
        "0a0b0c0d/prod/123456789012/eu-west-2",
        "1f2e3d4c/prod/123456789012/us-east-1",
    ],
)
def test_any_other_text_is_not_ours(text):
    assert not OURS.owns(text)


def test_a_resource_of_nobody_is_refused_with_what_it_lacks():
    error = OURS.refused("the-table", "")
    assert error.message == (
        f"the-table exists already, and is not ours: nothing in it says {TEXT}."
    )
    assert "docs/runbook.md" in error.hint


def test_another_project_of_the_same_name_is_named():
    other = replace(OURS, project="0a0b0c0d")
    error = OURS.refused("the-table", f"of {other}")
    assert error.message.endswith(f"belongs to another deployment: {other}.")


def test_another_region_says_how_to_go_back():
    error = OURS.refused("the-role", str(replace(OURS, region="us-east-1")))
    assert "a deployment in us-east-1" in error.message
    assert 'Set region = "us-east-1" again, or destroy that deployment' in error.hint


def test_a_refusal_says_that_nothing_was_changed():
    error = refused("It exists.", "Delete it.")
    assert (error.hint, error.code) == ("Nothing was changed. Delete it.", "exists")
