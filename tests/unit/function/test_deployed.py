"""What is read of a function."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from resumectl.function.deployed import Deployed, deployed, hex_digest, version_of


@pytest.fixture
def published(live):
    return live.client


def test_a_function_that_does_not_exist_has_nothing(fake):
    assert deployed(fake(code=None), "f") == Deployed()


def test_a_function_without_its_alias_has_only_its_unpublished_code(fake, zipped):
    client = fake(code=b"first")
    client.alias = None
    function = deployed(client, "f")
    assert function.latest.sha256 == zipped(b"first").sha256
    assert (function.live, function.revision) == (None, None)


def test_the_alias_is_read_with_its_version_revision_and_routing(published):
    published.move("1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    function = deployed(published, "f")
    assert function.live.version == "1"
    assert function.revision == published.alias["RevisionId"]
    assert function.routing == {"2": 0.1}


def test_the_time_of_the_last_change_is_read(published):
    published.configure(LastModified="2026-11-22T09:30:00.000+0000")
    assert deployed(published, "f").latest.modified == "2026-11-22T09:30:00.000+0000"


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
def test_every_setting_that_a_version_freezes_counts(published, setting):
    published.configure(**setting)
    function = deployed(published, "f")
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
def test_what_is_empty_or_differs_between_any_two_versions_does_not_count(published, difference):
    published.configure(**difference)
    function = deployed(published, "f")
    assert function.latest.settings == function.live.settings


def test_the_order_of_variables_and_subnets_does_not_count(fake):
    client = fake()
    settings = []
    for step in (1, -1):
        variables = dict(list({"A": "1", "B": "2"}.items())[::step])
        client.configure(
            Environment={"Variables": variables}, VpcConfig={"SubnetIds": ["a", "b"][::step]}
        )
        settings.append(deployed(client, "f").latest.settings)
    assert settings[0] == settings[1]


def test_the_values_of_variables_are_not_kept(fake):
    client = fake()
    client.configure(Environment={"Variables": {"TOKEN": "hunter2"}})
    assert "hunter2" not in repr(deployed(client, "f"))


@pytest.mark.parametrize("read", ["get_alias", "get_function_configuration"])
def test_a_denied_read_does_not_mean_absent(fake, error_of, read):
    client = fake()

    def denied(**_):
        raise error_of("AccessDeniedException")

    setattr(client, read, denied)
    with pytest.raises(ClientError, match="AccessDenied"):
        deployed(client, "f")


def test_a_published_version_is_read_by_its_number(published, zipped):
    published.replace_code(b"second")
    assert version_of(published, "f", "1").sha256 == zipped(b"first").sha256
    assert version_of(published, "f", "7") is None


def test_a_digest_is_read_as_hexadecimal():
    assert hex_digest("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=").startswith("e3b0c442")
    assert hex_digest("no digest") == "no digest"
