"""What is read of a function."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from resumectl.function.deployed import Deployed, configuration, deployed, hex_digest, version_of


def test_a_function_that_does_not_exist_has_nothing(client):
    assert deployed(client, "f") == Deployed()


def test_a_function_without_its_alias_has_only_its_unpublished_code(
    created, service, client, zipped
):
    service.delete_alias()
    function = deployed(client, "f")
    assert function.latest.sha256 == zipped(b"first").sha256
    assert (function.live, function.revision) == (None, None)


def test_the_alias_is_read_with_its_version_revision_and_routing(live, service, client):
    other = service.divert(0.1)
    function = deployed(client, "f")
    assert function.live.version == "1"
    assert function.revision == service.alias()["RevisionId"]
    assert function.routing == {other: 0.1}


def test_the_time_of_the_last_change_is_read(live, service, client, clock):
    clock.advance(90)
    service.configure(MemorySize=256)
    assert deployed(client, "f").latest.modified == "2026-11-27T10:01:30.000+0000"


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
        {"Layers": ["arn:layer:1"]},
        {"TracingConfig": {"Mode": "Active"}},
        {"EphemeralStorage": {"Size": 1024}},
        {"LoggingConfig": {"LogFormat": "JSON"}},
        {"VpcConfig": {"SubnetIds": ["subnet-1"]}},
        {"VpcConfig": {"SecurityGroupIds": ["sg-1"]}},
        {"DeadLetterConfig": {"TargetArn": "arn:queue"}},
        {"KMSKeyArn": "arn:key"},
        {"FileSystemConfigs": [{"Arn": "arn:fs", "LocalMountPath": "/mnt/fs"}]},
        {"SnapStart": {"ApplyOn": "PublishedVersions"}},
    ],
)
def test_every_setting_that_a_version_freezes_counts(live, service, client, setting):
    service.configure(**setting)
    function = deployed(client, "f")
    assert function.latest.settings != function.live.settings


def test_another_architecture_counts(live, service, client):
    service.replace_code(b"first", Architectures=["arm64"])
    function = deployed(client, "f")
    assert function.latest.settings != function.live.settings


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
def test_what_is_empty_or_differs_between_any_two_versions_does_not_count(live, client, difference):
    version = client.get_function_configuration(FunctionName="f", Qualifier="1")
    without = {key: value for key, value in version.items() if key not in difference}
    assert configuration({**without, **difference}).settings == configuration(without).settings


def test_the_order_of_variables_and_subnets_does_not_count(created, service, client):
    settings = []
    for step in (1, -1):
        variables = dict(list({"A": "1", "B": "2"}.items())[::step])
        service.configure(
            Environment={"Variables": variables}, VpcConfig={"SubnetIds": ["a", "b"][::step]}
        )
        settings.append(deployed(client, "f").latest.settings)
    assert settings[0] == settings[1]


def test_the_values_of_variables_are_not_kept(created, service, client):
    service.configure(Environment={"Variables": {"TOKEN": "hunter2"}})
    assert "hunter2" not in repr(deployed(client, "f"))


@pytest.mark.parametrize("read", ["get_alias", "get_function_configuration"])
def test_a_denied_read_does_not_mean_absent(created, service, client, read):
    service.fault("refuse", read, code="AccessDeniedException", lasting=True)
    with pytest.raises(ClientError, match="AccessDenied"):
        deployed(client, "f")


def test_a_published_version_is_read_by_its_number(live, service, client, zipped):
    service.replace_code(b"second")
    assert version_of(client, "f", "1").sha256 == zipped(b"first").sha256
    assert version_of(client, "f", "7") is None


def test_a_digest_is_read_as_hexadecimal():
    assert hex_digest("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=").startswith("e3b0c442")
    assert hex_digest("no digest") == "no digest"
