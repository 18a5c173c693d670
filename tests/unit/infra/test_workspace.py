from __future__ import annotations

import gc
import os
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from resumectl.aws import Cloud
from resumectl.disclosure import digest
from resumectl.errors import BuildError, Locked, TerraformError
from resumectl.infra.configuration import ERRORED, LOCK
from resumectl.infra.module import Module
from resumectl.infra.runner import Watch
from resumectl.infra.stream import Event
from resumectl.infra.workspace import Planned
from resumectl.release.bucket import ProjectBucket
from resumectl.settings import Environment
from tests.fakes.canned_terraform import BUCKET, ROLE, Bench, change, plan
from tests.fakes.leftovers import ACCOUNT

UPDATE = change(BUCKET, {"a": 1}, {"a": 2})
STATE_KEY = "terraform/prod.tfstate"


class WithZones(Cloud):
    """An account with two hosted zones."""

    def client(self, *_arguments, **_options):
        zones = [
            {"Name": f"{name}.", "Config": {"PrivateZone": False}}
            for name in ("example.com", "co.uk")
        ]
        pages = SimpleNamespace(paginate=lambda: [{"HostedZones": zones}])
        return SimpleNamespace(get_paginator=lambda name: pages)


def planned(bench, document, mode="apply", targets=None):
    bench.terraform.plans = [document]
    return bench.workspaces.open(bench.module()).plan(Watch(), mode, targets)


class Claim:
    """A lock; raises once it is lost."""

    def __init__(self):
        self.lost = threading.Event()

    def prove(self):
        if self.lost.is_set():
            raise Locked("lost")


# --- the fence


@pytest.mark.parametrize("write", [lambda w: w.apply(Watch()), lambda w: w.command("untaint", "x")])
def test_terraform_is_not_started_once_the_lock_is_lost(bench, write):
    workspace, claim = bench.workspaces.open(bench.module()), Claim()
    claim.lost.set()
    with bench.cloud.fence.around(claim), pytest.raises(Locked):
        write(workspace)
    assert {call[1] for call in bench.terraform.calls} <= {"init"}


def test_a_lock_that_is_lost_meanwhile_stops_terraform(bench):
    claim, stops = Claim(), []
    workspace = bench.workspaces.open(bench.module())

    def applying():
        claim.lost.set()
        bench.terraform.watch.on_event(Event("started", BUCKET))
        stops.append(bench.terraform.watch.abandon.is_set())
        raise TerraformError("Terraform: execution halted")

    bench.terraform.on_apply = applying
    with bench.cloud.fence.around(claim), pytest.raises(Locked):
        workspace.apply(Watch())
    assert stops == [True]


# --- planning and applying


def test_a_plan_is_both_sides_of_what_would_change(bench):
    assert planned(bench, plan(UPDATE)) == Planned(
        changed=True, live={BUCKET: {"a": 1}}, wanted={BUCKET: {"a": 2}}
    )
    assert [call[1] for call in bench.terraform.calls] == ["init", "plan", "show"]
    assert bench.terraform.variables == [bench.module().variables]


def test_a_domain_is_planned_with_the_zone_that_the_account_has(bench):
    bench.cloud = WithZones(Environment("prod", region="eu-west-2"))
    module = bench.module()
    bench.terraform.plans = [None]
    wanted = replace(module, variables={**module.variables, "domain": "cv.people.example.com"})
    bench.workspaces.open(wanted).plan(Watch(), "apply")
    assert bench.terraform.variables[0]["zone"] == "example.com"
    assert "zone" not in wanted.variables


def test_a_plan_without_changes_is_not_even_read(bench):
    assert planned(bench, None) == Planned(changed=False)
    assert [call[1] for call in bench.terraform.calls] == ["init", "plan"]


def test_an_empty_list_of_targets_is_nothing_and_not_everything(bench):
    result = planned(bench, plan(change(ROLE, {"a": 1}, {"a": 2})), targets=[])
    assert result == Planned(changed=False)
    assert bench.terraform.calls == []


def test_targets_are_handed_to_terraform(bench):
    planned(bench, None, "destroy", [BUCKET, ROLE])
    assert bench.terraform.done("plan") == [("module", "plan", "destroy", BUCKET, ROLE)]


def test_a_refresh_goes_from_recorded_to_live(bench):
    after = {"a": 2, "last_modified": "2026-11-22T10:00:00.000+0000"}
    drifted = change(BUCKET, {"a": 1}, after)
    refreshed = planned(bench, plan(change(ROLE, {}, {"b": 1}), drift=[drifted]), "refresh-only")
    assert refreshed.live == {BUCKET: {"a": 1}}
    assert refreshed.wanted == {BUCKET: after}
    assert refreshed.since == {BUCKET: "2026-11-22T10:00:00+00:00"}


def test_a_refresh_is_read_although_terraform_reports_no_change(bench):
    planned(bench, None, "refresh-only")
    assert [call[1] for call in bench.terraform.calls] == ["init", "plan", "show"]


def test_outputs_are_shown_only_when_nothing_else_changes(bench):
    urls = ("http://old", "http://new")
    sides = planned(bench, plan(site_url=urls)).outputs
    assert [side["output.site_url"]["value"] for side in sides] == list(urls)
    assert planned(bench, plan(UPDATE, site_url=urls)).outputs == ({}, {})


def test_imports_are_counted(bench):
    imported = change(ROLE, {"a": 1}, {"a": 1}, importing="role")
    result = planned(bench, plan(imported))
    assert (result.imported, result.live, result.wanted) == ({ROLE: {"a": 1}}, {}, {})


@pytest.mark.parametrize("fail_at", ["init", "plan", "show"])
def test_a_failure_makes_no_plan(bench, fail_at):
    bench.terraform.fail_at = fail_at
    with pytest.raises(TerraformError):
        planned(bench, plan(UPDATE))
    assert bench.terraform.calls[-1][1] == fail_at


def test_an_error_is_scrubbed_of_variables_and_of_what_the_plan_hides(bench):
    """AWS quotes values: `Value '...' at 'environment' failed to satisfy constraint`."""
    module = bench.module()
    module = replace(module, variables={**module.variables, "token": "tok_from_the_toml"})
    environment = {"KEY": "sk_live_canary", "TABLE_NAME": "resume-prod-counter"}
    after = {"name": "resume-prod-counter", "environment": [{"variables": environment}]}
    bench.terraform.plans = [plan(change(ROLE, {}, after))]
    workspace = bench.workspaces.open(module)
    workspace.plan(Watch())

    def fail():
        raise TerraformError("resume-prod-counter: 'sk_live_canary', 'tok_from_the_toml'")

    bench.terraform.on_apply = fail
    with pytest.raises(TerraformError) as caught:
        workspace.apply(Watch())
    hidden = [digest(text) for text in ("sk_live_canary", "tok_from_the_toml")]
    assert caught.value.message == f"resume-prod-counter: '{hidden[0]}', '{hidden[1]}'"
    assert caught.value.__suppress_context__


def test_apply_applies_the_saved_plan_and_nothing_else(bench):
    bench.workspaces.open(bench.module()).apply(Watch())
    assert bench.terraform.calls == [("module", "apply")]


def test_other_commands_find_the_backend_prepared(bench):
    workspace = bench.workspaces.open(bench.module())
    assert workspace.command("untaint", BUCKET) == "output"
    backend = {"bucket": bench.bucket.name, "key": STATE_KEY, "region": "eu-west-2"}
    assert bench.terraform.calls == [("module", "init", backend), ("module", "untaint", BUCKET)]


# --- folders


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_users_terraform_folder_is_only_read(bench):
    """Terraform leaves files in the folder that it runs in; that is a copy."""
    source = bench.root / "terraform"
    source.mkdir()
    for name, content in {"site.tf": "# site", LOCK: "# locked"}.items():
        (source / name).write_text(content)
        os.utime(source / name, (1, 1))
    before = tree(source)
    bench.files = {"site.tf": b"# site", LOCK: b"# locked"}
    folders = []
    terraform = bench.terraform
    bench.terraform = lambda directory, work: (
        folders.append(directory) or terraform(directory, work)
    )
    bench.workspaces.open(bench.module())
    bench.workspaces.open_beside(bench.module(), "released")
    for folder in folders:
        assert not folder.is_relative_to(source)
        assert (folder / "site.tf").read_text() == "# site"
        for name in (ERRORED, "site.tf", LOCK):
            (folder / name).write_text("written by Terraform")
    assert tree(source) == before


def test_an_errored_state_of_one_environment_is_never_seen_by_another(bench):
    staging = ProjectBucket(bench.bucket.s3, bench.bucket.name, ACCOUNT, "staging")
    other = Bench(bench.root, staging)
    errored = []
    for each in (bench, other):
        each.workspaces.open(each.module())
        each.workspaces.open_beside(each.module(), "imports")
        errored.append([each.workspaces.copy / ERRORED, each.run / "imports" / ERRORED])
        for file in errored[-1]:
            assert file.parent.is_dir()
            file.touch()
    assert [each.workspaces.errored() for each in (bench, other)] == errored


def places(*benches):
    """Where each one runs, and where its TF_DATA_DIR is."""
    opened = []
    for each in benches:
        terraform = each.terraform
        each.terraform = lambda directory, work, terraform=terraform: (
            opened.append((directory, work)) or terraform(directory, work)
        )
        each.workspaces.open(each.module())
    return opened


def test_commands_that_run_at_the_same_time_share_no_place(bench):
    other = Bench(bench.root, bench.bucket)
    mine, theirs = places(bench, other)
    assert mine == (bench.work / "module", bench.work)
    assert theirs == (bench.work / "beside" / "2" / "module", bench.work / "beside" / "2")


def test_a_command_never_changes_the_configuration_of_another_that_runs(bench):
    other = Bench(bench.root, bench.bucket)
    other.files = {"site.tf": b"# edited since", LOCK: b"# other versions"}
    bench.workspaces.open(bench.module())
    before = tree(bench.workspaces.copy)
    other.workspaces.open(other.module())
    other.workspaces.open_beside(other.module(), "released")
    assert tree(bench.workspaces.copy) == before


def test_commands_that_follow_one_another_use_the_same_place(bench):
    first, second = (Bench(bench.root, bench.bucket) for _ in range(2))
    opened = places(first)
    del first
    gc.collect()
    assert places(second) == opened


def test_a_folder_that_cannot_be_written_is_named(bench):
    bench.work.parent.mkdir(parents=True)
    bench.work.write_text("a file")
    with pytest.raises(BuildError, match=f"Cannot write {bench.work}: "):
        bench.workspaces.open(bench.module())


def test_an_errored_state_of_any_place_is_seen(bench):
    other = Bench(bench.root, bench.bucket)
    places(bench, other)
    file = other.workspaces.copy / ERRORED
    file.touch()
    assert bench.workspaces.errored() == [file]


def test_an_errored_state_of_an_earlier_process_is_seen(bench):
    file = bench.work / "run" / "1" / "imports" / ERRORED
    file.parent.mkdir(parents=True)
    file.touch()
    assert bench.workspaces.errored() == [file]


def test_a_folder_beside_has_its_own_files_and_the_lock_of_this_machine(bench):
    bench.workspaces.open(bench.module())
    (bench.workspaces.copy / LOCK).write_text("# with checksums")
    bench.workspaces.open_beside(Module({"other.tf": b"# other"}, {}), "released")
    assert sorted(tree(bench.run / "released")) == [LOCK, "other.tf"]
    assert (bench.run / "released" / LOCK).read_text() == "# with checksums"
    assert sorted(tree(bench.workspaces.copy)) == [LOCK, "site.tf"]


@pytest.mark.parametrize("name", [None, "imports"])
def test_before_there_is_a_bucket_a_plan_has_a_local_backend(tmp_path, no_bucket, name):
    bench = Bench(tmp_path, no_bucket)
    bench.terraform.plans = [None]
    works = []
    terraform = bench.terraform
    bench.terraform = lambda directory, work: (
        works.append((directory, work)) or terraform(directory, work)
    )
    spaces, module = bench.workspaces, bench.module()
    (spaces.open_beside(module, name) if name else spaces.open(module)).plan(Watch())
    ((directory, work),) = works
    assert b'backend "local"' in (directory / "backend_override.tf").read_bytes()
    assert work == bench.work / "unborn"
    assert terraform.done("init") == [(directory.name, "init", {})]


def test_the_local_backend_is_gone_once_there_is_a_bucket(tmp_path, no_bucket, bench):
    Bench(tmp_path, ProjectBucket(no_bucket.s3, "not-there", ACCOUNT, "prod")).workspaces.open(
        bench.module()
    )
    bench.workspaces.open(bench.module())
    assert list(tree(bench.workspaces.copy)) == ["site.tf"]


# --- without a project bucket


@pytest.mark.parametrize(
    "write", [lambda opened: opened.apply(Watch()), lambda opened: opened.command("state", "list")]
)
def test_without_a_project_bucket_terraform_only_plans(tmp_path, no_bucket, write):
    """What it applied would be in a state that nobody finds again."""
    bench = Bench(tmp_path, no_bucket)
    bench.terraform.plans = [plan()]
    opened = bench.workspaces.open(bench.module())
    opened.plan(Watch())
    with pytest.raises(TerraformError, match="There is no project bucket"):
        write(opened)
    assert not bench.terraform.done("apply", "state")
