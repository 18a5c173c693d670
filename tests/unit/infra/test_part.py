from __future__ import annotations

import os
from dataclasses import dataclass, field
from types import MappingProxyType

import pytest

from resumectl.aws import Cloud
from resumectl.errors import SettingsError, TerraformError
from resumectl.infra import part
from resumectl.infra.part import Infra, Module, Planned
from resumectl.infra.runner import Watch
from resumectl.settings import Environment, parse

PROD = Environment("prod", region="eu-west-2", domain="cv.example.com", protected=True)
LOCAL = Environment("local", emulator=True)
CHANGE = {
    "address": "aws_s3_bucket.site",
    "type": "aws_s3_bucket",
    "mode": "managed",
    "change": {"actions": ["update"], "before": {"a": 1}, "after": {"a": 2}},
}


@dataclass
class FakeRunner:
    """Notes what it is asked to do, and fails at the call that `fail_at` names."""

    changed: bool = True
    shown: dict = field(default_factory=lambda: {"resource_changes": [CHANGE]})
    fail_at: str | None = None
    calls: list = field(default_factory=list)

    def init(self, backend):
        self._call("init", backend)

    def plan(self, variables, mode, watch, targets=()):
        self._call("plan", variables, mode, tuple(targets))
        return self.changed

    def show(self):
        self._call("show")
        return self.shown

    def apply(self, watch):
        self._call("apply")

    def command(self, *arguments):
        self._call(*arguments)
        return "said"

    def _call(self, *call):
        self.calls.append(call)
        if call[0] == self.fail_at:
            raise TerraformError("It broke.")

    @property
    def names(self):
        return [call[0] for call in self.calls]


def infra(runner, tmp_path):
    return Infra(runner, {"bucket": "b"}, Module(tmp_path, {"project": "resume"}))


# --- planning and applying


def test_a_plan_is_both_sides_of_what_would_change(tmp_path):
    runner = FakeRunner()
    found = infra(runner, tmp_path).plan(Watch())
    assert found == Planned(
        changed=True, live={"aws_s3_bucket.site": {"a": 1}}, wanted={"aws_s3_bucket.site": {"a": 2}}
    )
    assert runner.calls == [
        ("init", {"bucket": "b"}),
        ("plan", {"project": "resume"}, "apply", ()),
        ("show",),
    ]


def test_a_plan_without_changes_is_not_even_read(tmp_path):
    runner = FakeRunner(changed=False)
    assert infra(runner, tmp_path).plan(Watch()) == Planned(changed=False)
    assert runner.names == ["init", "plan"]


def test_a_refresh_is_from_recorded_to_live(tmp_path):
    runner = FakeRunner(
        shown={"resource_drift": [CHANGE], "resource_changes": [{**CHANGE, "address": "x.y"}]}
    )
    found = infra(runner, tmp_path).plan(Watch(), "refresh-only")
    assert found.live == {"aws_s3_bucket.site": {"a": 1}}
    assert found.wanted == {"aws_s3_bucket.site": {"a": 2}}
    assert runner.calls[1][2] == "refresh-only"


@pytest.mark.parametrize("fail_at", ["init", "plan", "show"])
def test_no_plan_comes_of_a_failure(tmp_path, fail_at):
    runner = FakeRunner(fail_at=fail_at)
    with pytest.raises(TerraformError):
        infra(runner, tmp_path).plan(Watch())
    assert runner.names[-1] == fail_at


def test_applying_is_applying_the_saved_plan(tmp_path):
    runner = FakeRunner()
    infra(runner, tmp_path).apply(Watch())
    assert runner.names == ["apply"]


def test_other_commands_find_the_backend_prepared(tmp_path):
    runner = FakeRunner()
    assert infra(runner, tmp_path).command("untaint", "aws_x.y") == "said"
    assert runner.calls == [("init", {"bucket": "b"}), ("untaint", "aws_x.y")]


# --- wiring


def test_open_finds_terraform_and_gives_it_the_environment(tmp_path):
    binary = tmp_path / "terraform-1.11"
    binary.write_text(
        '#!/bin/sh\nif [ "$1" = version ]; then echo Terraform v1.11.4; fi; env > seen\n'
    )
    binary.chmod(0o755)
    (tmp_path / "terraform").mkdir()
    (tmp_path / ".resumectl").mkdir()
    (tmp_path / "rc").write_text("disable_checkpoint = true")
    settings = parse('[env.prod]\nregion = "eu-west-2"', tmp_path)
    cloud = Cloud(settings.environment("prod"))
    environ = {
        "PATH": os.environ["PATH"],
        "RESUMECTL_TERRAFORM": str(binary),
        "TF_CLI_CONFIG_FILE": str(tmp_path / "rc"),
    }
    opened = Infra.open(settings, cloud, "bucket", part.module(settings, cloud), environ)
    opened.apply(Watch())
    seen = (tmp_path / "terraform" / "seen").read_text().splitlines()
    assert "AWS_REGION=eu-west-2" in seen
    assert f"TF_CLI_CONFIG_FILE={tmp_path / 'rc'}" in seen
    assert f"TF_DATA_DIR={tmp_path / '.resumectl/env/prod/data'}" in seen


# --- the values


def test_the_backend_on_aws():
    assert part.backend(Cloud(PROD), "bucket") == {
        "bucket": "bucket",
        "key": "terraform/prod.tfstate",
        "region": "eu-west-2",
    }


def test_the_backend_on_the_embedded_cloud_asks_aws_nothing():
    values = part.backend(Cloud(LOCAL, "http://127.0.0.1:4566"), "bucket")
    assert values["use_path_style"] == "true"
    assert {name for name in values if name.startswith("skip_")} == {
        "skip_credentials_validation",
        "skip_requesting_account_id",
        "skip_metadata_api_check",
        "skip_region_validation",
    }


def test_the_variables_on_aws(tmp_path):
    found = part.module(parse("", tmp_path), Cloud(PROD))
    assert found == Module(
        tmp_path / "terraform",
        {
            "project": "resume",
            "environment": "prod",
            "region": "eu-west-2",
            "domain": "cv.example.com",
            "zone": None,
            "protected": True,
            "function": {
                "package": str(tmp_path / ".resumectl/env/prod/function.zip"),
                "handler": "counter.handler",
            },
            "emulator": None,
        },
    )


def test_the_embedded_cloud_is_told_by_its_port(tmp_path):
    found = part.module(parse("", tmp_path), Cloud(LOCAL, "http://127.0.0.1:4567"))
    assert found.variables["emulator"] == {"port": 4567}


def test_the_users_variables_win(tmp_path):
    chosen = MappingProxyType({"api_rate_limit": 5, "domain": None, "function": {"memory_mb": 256}})
    found = part.module(
        parse("", tmp_path), Cloud(Environment("prod", domain="a.example", variables=chosen))
    )
    assert found.variables["api_rate_limit"] == 5
    assert found.variables["domain"] is None
    assert found.variables["function"]["memory_mb"] == 256
    assert found.variables["function"]["handler"] == "counter.handler"


def test_a_function_variable_that_is_no_table_is_the_users_mistake(tmp_path):
    chosen = Environment("prod", variables=MappingProxyType({"function": "counter"}))
    with pytest.raises(SettingsError, match=r"env\.prod\.variables\.function must be a table"):
        part.module(parse("", tmp_path), Cloud(chosen))
