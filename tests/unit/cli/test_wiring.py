from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from resumectl import settings
from resumectl.aws import EMULATOR_ACCOUNT, Cloud
from resumectl.cli import wiring
from resumectl.cli.wiring import ALIASES, NAMES, Machine, Wiring
from resumectl.errors import Refused
from resumectl.infra import runs
from resumectl.infra.record import InfraRecord
from resumectl.process import Process
from resumectl.progress import Steps
from resumectl.steps.look import look, look_deployed
from tests.fakes.aws.world import Aws
from tests.fakes.cloud import FakeCloud
from tests.fakes.context import ACCOUNT, NOW, PROJECT, REGION, Recorder
from tests.fakes.machine import Machine as FakeMachine

ENDPOINT = "http://127.0.0.1:9"
RELEASE = {
    "id": 0,
    "env": "prod",
    "time": "2026-11-22T09:00:00+00:00",
    "status": "verified",
    "actor": {"name": "ada"},
}


@pytest.fixture
def wire(project):
    """Makes the wiring of an environment, on the fake AWS or on what an endpoint answers."""

    def wire(env="prod", endpoint=None, aws=None, pid=1, **environ):
        loaded = settings.load(project)
        machine = Machine(
            Process("laptop", pid, "start", "boot-1"),
            alive=lambda other, _: other != 9,
            environ=environ,
            now=lambda: NOW,
        )
        environment = loaded.environment(env)
        cloud = Cloud(environment, endpoint)
        if aws:
            cloud = FakeCloud(environment, FakeMachine().start(aws, ACCOUNT, REGION, pid=pid))
        return Wiring(loaded, cloud, Steps(Recorder()), machine)

    return wire


@pytest.fixture
def aws(wire):
    """An account with an empty project bucket."""
    aws = Aws()
    wire(aws=aws).context.releases.bucket.ensure(REGION)
    return aws


def test_the_parts_have_the_names_that_only_takes(wire):
    parts = wire(endpoint=ENDPOINT).context.parts
    assert tuple(part.name for part in parts) == NAMES
    assert set(ALIASES.values()) <= set(NAMES)
    assert [part.rolls_back for part in parts] == [False, True, True]


def test_nothing_is_asked_until_it_is_needed(wire):
    """Nothing listens at that address."""
    ctx = wire(endpoint=ENDPOINT).context
    assert ctx.releases.bucket.name == f"resume-resumectl-{EMULATOR_ACCOUNT}-eu-west-2"


def test_an_environment_is_wired_once(wire):
    wired = wire(endpoint=ENDPOINT)
    assert wired.context is wired.context
    assert wired.context.releases is wired.context.releases


def test_bucket_ledger_lock_and_pins_are_of_the_environment(wire, aws):
    ctx = wire(aws=aws, GITHUB_ACTOR="ada").context
    bucket = ctx.releases.bucket
    assert (bucket.name, bucket.env) == (PROJECT, "prod")
    with ctx.locked("deploy"):
        assert bucket.keys("locks/") == ["locks/prod.json"]
        assert ctx.releases.lock.read().holder.process == Process("laptop", 1, "start", "boot-1")
    assert (ctx.origin.actor["name"], ctx.origin.now()) == ("ada", NOW)


def test_the_lock_of_a_process_that_has_exited_is_taken_over(wire, aws):
    crashed = wire(aws=aws, pid=9).context
    with crashed.locked("rollback"), wire(aws=aws).context.locked("deploy") as holder:
        assert holder.command == "rollback"


def test_the_ledger_reads_the_record_of_each_part(wire, aws):
    from resumectl.release.record import Release

    ctx = wire(aws=aws).context
    records = {"infra": InfraRecord("abc", 7)}
    ctx.releases.ledger.append(Release(**RELEASE, parts=records))
    assert wire(aws=aws).context.releases.ledger.heads().released.parts == records


def test_an_empty_account_is_an_environment_that_is_not_deployed(wire, aws):
    ctx = wire(aws=aws).context
    assert look(ctx).outputs == {}
    with pytest.raises(Refused, match="not deployed yet"):
        look_deployed(ctx)


def test_the_private_bucket_is_asked_where_it_is(wire):
    aws, local = wire()._smoke, wire(endpoint=ENDPOINT)._smoke
    assert aws.object_url("b") == "https://b.s3.eu-west-2.amazonaws.com/index.html"
    assert local.object_url("b") == f"{ENDPOINT}/b/index.html"
    assert (aws.new, aws.changed) == (600.0, 20.0)
    assert (local.new, local.changed) == (5.0, 5.0)


def test_every_process_writes_to_a_folder_of_its_own(wire, project):
    wired = wire(endpoint=ENDPOINT)
    run = runs.folder(project / ".resumectl" / "env" / "prod", wired.machine.me)
    assert wired.function(None).zip_file.parent == run
    assert wired._site().builder.run == run
    assert wire("local", ENDPOINT).function(None).zip_file.parent != run


def test_a_build_is_alone_in_its_checkout_whatever_the_environment(wire):
    locks = {wire(env, ENDPOINT)._site().builder.lock for env in ("prod", "local")}
    assert len(locks) == 1


def test_the_revision_is_that_of_the_project(wire, project):
    ctx = wire(endpoint=ENDPOINT).context
    assert ctx.origin.revision() == {}
    git = ["git", "-C", str(project), "-c", "user.name=ada", "-c", "user.email=a@example.com"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], check=True)
    assert ctx.origin.revision()["dirty"] is False


def test_terraform_is_looked_for_only_when_it_is_needed(wire):
    calls = []

    def terraform(directory, work):
        calls.append(directory)

    wired = wire(endpoint=ENDPOINT)
    Wiring(wired.settings, wired.cloud, wired.steps, wired.machine, terraform).context  # noqa: B018
    assert calls == []


def test_an_embedded_cloud_that_is_down_is_left_alone(project):
    loaded = settings.load(project)
    local = loaded.environment("local")
    assert wiring.context_if_up(loaded, local, Steps(Recorder())) is None
    assert wiring.emulator(loaded, local).status().state == "stopped"


def test_the_function_can_be_packaged_without_any_cloud(project):
    loaded = settings.load(project)
    function = wiring.function_part(loaded, loaded.environment("prod"), Steps(Recorder()))
    assert function.package(project / "out.zip").files == ("counter.py",)


def test_a_machine_tells_the_time_with_its_zone():
    assert abs((Machine(Process("x", 1)).now() - datetime.now(UTC)).total_seconds()) < 3600


# --- identity


def test_the_deployment_names_project_environment_account_and_region(wire, aws, project):
    (project / "resumectl.toml").write_text(
        '[project]\nid = "1f2e3d4c"\n[env.prod]\nregion = "eu-west-2"\n'
    )
    (infra, *_) = wire(aws=Aws()).context.parts
    variables = infra.module().variables
    assert variables["deployment"] == f"1f2e3d4c/prod/{ACCOUNT}/{REGION}"


def test_a_checkout_is_known_by_what_it_remembers_and_by_its_origin(wire, aws, project, tmp_path):
    with wire(aws=aws).context.locked("deploy"):
        pass
    assert [path.name for path in (project / ".resumectl" / "projects").iterdir()] == [PROJECT]
    assert wire(aws=aws).context.releases.bucket.keys("") == ["project.json"]
    shutil.rmtree(project / ".resumectl")
    with pytest.raises(Refused, match="another project"):
        wire(aws=aws).context.releases.bucket.keys("")


def test_a_clone_is_known_by_its_origin(wire, aws, project):
    for command in (["init", "-q"], ["remote", "add", "origin", "git@github.com:ada/resume.git"]):
        subprocess.run(["git", *command], check=True, cwd=project)
    with wire(aws=aws).context.locked("deploy"):
        pass
    shutil.rmtree(project / ".resumectl")
    https = "https://user:secret@github.com/Ada/resume"
    subprocess.run(["git", "remote", "set-url", "origin", https], check=True, cwd=project)
    bucket = wire(aws=aws).context.releases.bucket
    assert b"secret" not in bucket.read("project.json").body
    assert b"github.com/ada/resume" in bucket.read("project.json").body
