from __future__ import annotations

import pytest

from resumectl.errors import Refused
from resumectl.infra.inventory.lookup import Account, only, paged, refused
from tests.fakes.canned import Canned
from tests.fakes.leftovers import ACCOUNT, OURS, REGION, THEIRS, rows


@pytest.fixture
def account():
    return Account(Canned().client, ACCOUNT, REGION, OURS)


@pytest.mark.parametrize(
    ("tags", "owns"),
    [
        (OURS, True),
        ({**OURS, "Team": "web"}, True),
        (rows(OURS), True),
        (THEIRS, False),
        (rows(THEIRS), False),
        (rows({"Project": "resume"}), False),
        ({}, False),
        ([], False),
        (None, False),
    ],
)
def test_a_resource_is_ours_only_with_all_of_our_tags(account, tags, owns):
    assert account.owns(tags) == owns
    if owns:
        assert account.ours("id", tags) == "id"
    else:
        with pytest.raises(Refused):
            account.ours("id", tags)


def test_the_refusal_names_the_missing_tags(account):
    with pytest.raises(Refused) as caught:
        account.ours("the-table", {})
    assert caught.value.message == (
        "the-table exists already, and is not ours: it lacks the tags "
        "Project=resume, Environment=prod, ManagedBy=resumectl."
    )
    assert "docs/runbook.md" in caught.value.hint


def test_a_refusal_says_that_nothing_was_changed():
    error = refused("It exists.", "Delete it.")
    assert (error.hint, error.code) == ("Nothing was changed. Delete it.", "exists")


def test_only_one_id_is_accepted():
    assert only([], "APIs x") is None
    assert only(["a1"], "APIs x") == "a1"
    with pytest.raises(Refused, match="There are 2 APIs x with our tags: a1, a2"):
        only(["a1", "a2"], "APIs x")


def test_a_list_is_read_to_its_last_page():
    class Client:
        def get_paginator(self, operation):
            assert operation == "get_apis"
            return self

        def paginate(self, ApiId):
            return [{"Items": [ApiId]}, {"Items": []}, {"Items": ["last"]}]

    assert list(paged(Client(), "get_apis", "Items", ApiId="first")) == ["first", "last"]
