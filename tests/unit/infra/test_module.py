from __future__ import annotations

from types import MappingProxyType

import pytest

from resumectl.aws import Cloud
from resumectl.errors import SettingsError
from resumectl.infra.module import Module, backend, worktree_module
from resumectl.settings import Environment, parse

PROD = Environment("prod", region="eu-west-2", domain="cv.example.com", protected=True)
LOCAL = Environment("local", emulator=True)


@pytest.fixture
def read(tmp_path):
    """Reads the worktree's module."""
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "site.tf").write_text("# site")

    def module(environment, endpoint=None):
        cloud = Cloud(environment, endpoint)
        return worktree_module(parse("", tmp_path), cloud, tmp_path / "function.zip", "a/b/1/c")

    return module


def test_the_backend_on_aws_is_the_project_bucket():
    assert backend(Cloud(PROD), "bucket") == {
        "bucket": "bucket",
        "key": "terraform/prod.tfstate",
        "region": "eu-west-2",
    }


def test_the_backend_on_the_embedded_cloud_asks_aws_nothing():
    values = backend(Cloud(LOCAL, "http://127.0.0.1:4566"), "bucket")
    assert values["use_path_style"] == "true"
    assert {name for name in values if name.startswith("skip_")} == {
        "skip_credentials_validation",
        "skip_requesting_account_id",
        "skip_metadata_api_check",
        "skip_region_validation",
    }


def test_the_worktrees_module_has_the_variables_of_the_environment(read, tmp_path):
    assert read(PROD) == Module(
        {"site.tf": b"# site"},
        {
            "project": "resume",
            "environment": "prod",
            "region": "eu-west-2",
            "deployment": "a/b/1/c",
            "domain": "cv.example.com",
            "zone": None,
            "protected": True,
            "function": {
                "package": str(tmp_path / "function.zip"),
                "handler": "counter.handler",
            },
            "emulator": None,
        },
    )


def test_the_embedded_cloud_is_described_by_its_port(read):
    assert read(LOCAL, "http://127.0.0.1:4567").variables["emulator"] == {"port": 4567}


def test_the_users_variables_win(read):
    chosen = MappingProxyType({"api_rate_limit": 5, "domain": None, "function": {"memory_mb": 256}})
    variables = read(Environment("prod", domain="a.example", variables=chosen)).variables
    assert variables["api_rate_limit"] == 5
    assert variables["domain"] is None
    assert variables["function"]["memory_mb"] == 256
    assert variables["function"]["handler"] == "counter.handler"


def test_a_function_variable_that_is_no_table_is_a_wrong_setting(read):
    chosen = Environment("prod", variables=MappingProxyType({"function": "counter"}))
    with pytest.raises(SettingsError, match=r"env\.prod\.variables\.function must be a table"):
        read(chosen)


def test_modules_with_the_same_files_and_variables_have_the_same_digest():
    one = Module({"a.tf": b"a"}, {"x": 1, "y": 2})
    assert one.digest == Module({"a.tf": b"a"}, {"y": 2, "x": 1}).digest
    assert one.digest != Module({"a.tf": b"b"}, {"x": 1, "y": 2}).digest
    assert one.digest != Module({"a.tf": b"a"}, {"x": 1, "y": 3}).digest
