"""What is read of a function, and the three snapshots made of it."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from resumectl.function.deployed import (
    Configuration,
    Deployed,
    deployed,
    hex_digest,
    released,
    version_of,
    worktree,
)
from resumectl.plan import UNKNOWN, diff


@pytest.fixture
def published(fake):
    """A function whose alias is on version 1."""
    client = fake(code=b"first")
    client.publish_version("f", client.latest["CodeSha256"], "")
    client.move("1")
    return client


def test_no_function_is_an_empty_snapshot(fake):
    found = deployed(fake(code=None), "f")
    assert found == Deployed()
    assert found.snapshot == {}
    assert found.record == {}


def test_a_function_without_its_alias_has_only_its_code(fake):
    client = fake()
    client.alias = None
    found = deployed(client, "f")
    assert list(found.snapshot) == ["$LATEST"]
    assert found.record == {}


def test_as_terraform_makes_it_nothing_is_published(fake, zipped):
    found = deployed(fake(code=b"first"), "f")
    assert found.snapshot["live"]["published"] is False
    assert found.record == {}
    changes = diff("function", found.snapshot, worktree(zipped(b"first"), found.latest))
    assert [(change.key, change.fields) for change in changes] == [("live", ("published",))]


def test_published_code_is_no_change(published, zipped):
    found = deployed(published, "f")
    assert found.live.version == "1"
    assert found.revision == published.alias["RevisionId"]
    assert diff("function", found.snapshot, worktree(zipped(b"first"), found.latest)) == ()


def test_new_code_is_a_change_of_both(published, zipped):
    found = deployed(published, "f")
    changes = diff("function", found.snapshot, worktree(zipped(b"second"), found.latest))
    assert [(change.key, change.action, change.fields) for change in changes] == [
        ("$LATEST", "update", ("sha256",)),
        ("live", "update", ("sha256",)),
    ]


@pytest.mark.parametrize(
    "setting",
    [
        {"MemorySize": 256},
        {"Timeout": 6},
        {"Runtime": "python3.14"},
        {"Handler": "other.handler"},
        {"Role": "arn:aws:iam::000000000000:role/other"},
        {"Environment": {"Variables": {"TABLE_NAME": "other"}}},
        {"Environment": {}},
        {"Architectures": ["arm64"]},
        {"Layers": [{"Arn": "arn:layer:1", "CodeSize": 1}]},
        {"TracingConfig": {"Mode": "Active"}},
        {"EphemeralStorage": {"Size": 1024}},
        {"LoggingConfig": {"LogFormat": "JSON"}},
        {"VpcConfig": {"SubnetIds": ["subnet-1"]}},
        {"VpcConfig": {"SecurityGroupIds": ["sg-1"]}},
        {"DeadLetterConfig": {"TargetArn": "arn:queue"}},
        {"KMSKeyArn": "arn:key"},
        {"FileSystemConfigs": [{"Arn": "arn:fs"}]},
        {"SnapStart": {"ApplyOn": "PublishedVersions"}},
    ],
)
def test_a_setting_of_latest_that_the_alias_does_not_have_is_a_change(published, zipped, setting):
    published.configure(**setting)
    found = deployed(published, "f")
    changes = diff("function", found.snapshot, worktree(zipped(b"first"), found.latest))
    assert [(change.key, change.fields) for change in changes] == [("live", ("settings",))]


@pytest.mark.parametrize(
    "difference",
    [
        {"Description": "another"},
        {"LastModified": "2026-11-22"},
        {"SnapStart": {"ApplyOn": None, "OptimizationStatus": "On"}},
        {"Layers": None},
        {"VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""}},
        {"KMSKeyArn": ""},
        {"RuntimeVersionConfig": {"RuntimeVersionArn": "arn:newer"}},
    ],
)
def test_what_differs_between_any_two_versions_or_is_just_empty_is_none(
    published, zipped, difference
):
    published.configure(**difference)
    found = deployed(published, "f")
    assert diff("function", found.snapshot, worktree(zipped(b"first"), found.latest)) == ()


def test_the_order_of_variables_and_subnets_is_not_a_setting(fake):
    client = fake()
    settings = []
    for turn in (1, -1):
        variables = dict(list({"A": "1", "B": "2"}.items())[::turn])
        client.configure(
            Environment={"Variables": variables}, VpcConfig={"SubnetIds": ["a", "b"][::turn]}
        )
        settings.append(deployed(client, "f").latest.settings)
    assert settings[0] == settings[1]


def test_values_of_variables_are_nowhere(fake):
    client = fake()
    client.configure(Environment={"Variables": {"TOKEN": "hunter2"}})
    assert "hunter2" not in repr(deployed(client, "f"))


def test_traffic_sent_elsewhere_is_a_change(published, zipped):
    published.move("1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    found = deployed(published, "f")
    assert found.routing == {"2": 0.1}
    changes = diff("function", found.snapshot, worktree(zipped(b"first"), found.latest))
    assert [(change.key, change.fields) for change in changes] == [("live", ("routing",))]


def test_before_terraform_has_run_the_settings_are_unknown(zipped):
    wanted = worktree(zipped(b"first"), None)
    assert wanted["live"]["settings"] == UNKNOWN
    assert [change.action for change in diff("function", {}, wanted)] == ["create", "create"]


def test_a_release_remembers_all_of_it(published):
    found = deployed(published, "f")
    assert released(json.loads(json.dumps(found.record))) == found.snapshot
    assert released({}) == {}


def test_code_changed_behind_our_back_is_drift(published):
    before = released(deployed(published, "f").record)
    published.replace_code(b"tampered")
    assert [
        change.key for change in diff("function", before, deployed(published, "f").snapshot)
    ] == ["$LATEST"]
    published.move("$LATEST")
    drifted = diff("function", before, deployed(published, "f").snapshot)
    assert [(change.key, change.fields) for change in drifted] == [
        ("$LATEST", ("sha256",)),
        ("live", ("published", "sha256")),
    ]


def test_a_setting_changed_behind_our_back_is_not_ours_until_it_is_live(published):
    before = released(deployed(published, "f").record)
    published.configure(MemorySize=1024)
    assert diff("function", before, deployed(published, "f").snapshot) == ()


def test_a_version_is_found_or_absent(published):
    assert isinstance(version_of(published, "f", "1"), Configuration)
    assert version_of(published, "f", "7") is None


@pytest.mark.parametrize("read", ["get_alias", "get_function_configuration"])
def test_only_not_found_means_absent(fake, error_of, read):
    client = fake()

    def denied(**_):
        raise error_of("AccessDeniedException")

    setattr(client, read, denied)
    with pytest.raises(ClientError, match="AccessDenied"):
        deployed(client, "f")


def test_a_digest_is_read_as_hexadecimal():
    assert hex_digest("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=").startswith("e3b0c442")
    assert hex_digest("no digest") == "no digest"
