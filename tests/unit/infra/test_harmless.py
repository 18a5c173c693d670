from __future__ import annotations

import json

import pytest

from resumectl.disclosure import shown
from resumectl.infra.harmless import ATTRIBUTES
from resumectl.infra.part import InfraPart

SECRET = "sk_live_canary"
STATEMENT = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject"}


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("environment", [{"variables": {"STRIPE_KEY": SECRET, "runtime": SECRET}}]),
        ("tags_all", {"Token": SECRET}),
        ("description", SECRET),
        ("origin", [{"custom_header": [{"name": "X-Origin-Verify", "value": SECRET}]}]),
        ("origin", [{"origin_path": f"/{SECRET}"}]),
        ("integration_uri", f"https://example.com/?token={SECRET}"),
        ("endpoint", SECRET),
        ("value", {"TopicConfigurations": [{"TopicArn": SECRET}]}),
        ("policy", json.dumps({"Statement": [{"Condition": {"StringEquals": {"a": SECRET}}}]})),
    ],
)
def test_what_people_fill_in_is_hidden(attribute, value):
    assert SECRET not in json.dumps(shown(value, attribute, ATTRIBUTES))


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("runtime", "python3.13"),
        ("memory_size", 128),
        ("versioning_configuration", [{"status": "Suspended"}]),
        ("default_cache_behavior", [{"viewer_protocol_policy": "allow-all", "min_ttl": 0}]),
        ("tags_all", {"Project": "resume"}),
    ],
)
def test_choices_are_shown(attribute, value):
    assert shown(value, attribute, ATTRIBUTES) == value


def test_a_policy_says_who_may_do_what():
    policy = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
    assert json.loads(shown(policy, "policy", ATTRIBUTES)) == json.loads(policy)


def test_the_part_uses_the_list():
    assert InfraPart.harmless is ATTRIBUTES
