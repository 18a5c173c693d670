from __future__ import annotations

import pytest

from resumectl.errors import Refused
from resumectl.infra.inventory.lookup import Account, only, paged
from tests.fakes.canned import Canned
from tests.fakes.leftovers import DEPLOYMENT, OURS, THEIRS, rows


@pytest.fixture
def account():
    return Account(Canned().client, DEPLOYMENT)


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
def test_a_resource_is_ours_only_if_its_tag_names_our_deployment(account, tags, owns):
    assert account.owns(tags) == owns
    if owns:
        assert account.ours("id", tags) == "id"
    else:
        with pytest.raises(Refused):
            account.ours("id", tags)


def test_a_description_proves_what_has_no_tags(account):
    assert account.described("id", f"Serves {DEPLOYMENT}") == "id"
    with pytest.raises(Refused, match="The thing x exists already"):
        account.described("id", f"Serves {DEPLOYMENT}2", "The thing x")


def test_only_one_id_is_accepted():
    assert only([], "APIs x") is None
    assert only(["a1"], "APIs x") == "a1"
    with pytest.raises(Refused, match="There are 2 APIs x with our tag Deployment: a1, a2"):
        only(["a1", "a2"], "APIs x")


def test_a_list_is_read_to_its_last_page():
    class Client:
        def get_paginator(self, operation):
            assert operation == "get_apis"
            return self

        def paginate(self, ApiId):
            return [{"Items": [ApiId]}, {"Items": []}, {"Items": ["last"]}]

    assert list(paged(Client(), "get_apis", "Items", ApiId="first")) == ["first", "last"]
