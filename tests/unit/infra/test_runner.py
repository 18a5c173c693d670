from __future__ import annotations

import json
import os
import signal
import sys
import textwrap
from pathlib import Path

import pytest

from resumectl.errors import TerraformError
from resumectl.infra import runs
from resumectl.infra.runner import Runner, Watch
from resumectl.infra.stream import Event

BUCKET = "aws_s3_bucket.site"
STARTED, DONE = Event("started", BUCKET, "create"), Event("done", BUCKET, "create")

FAKE = f"""#!{sys.executable} -IS
import json, os, pathlib, signal, sys
signal.alarm(20)  # never outlives a failed test for long
here = pathlib.Path(__file__).parent
name = sys.argv[1]
with open(here / "calls", "a") as calls:
    calls.write(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]) + "\\n")
def say(type, **more):
    print(json.dumps({{"type": type, **more}}), flush=True)
def hook(type):
    say(type, hook={{"resource": {{"addr": "{BUCKET}"}}, "action": "create"}})
def fail(summary, severity="error"):
    say("diagnostic", diagnostic={{"severity": severity, "summary": summary}})
def await_interrupt():
    signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGINT}})
    hook("apply_start")
    signal.sigwait({{signal.SIGINT}})
"""


@pytest.fixture
def terraform(tmp_path):
    """A runner of a Terraform that is this Python script."""

    def make(script="", environ=None):
        binary = tmp_path / "bin" / "terraform"
        binary.parent.mkdir(exist_ok=True)
        binary.write_text(FAKE + textwrap.dedent(script))
        binary.chmod(0o755)
        module = tmp_path / "terraform"
        module.mkdir(exist_ok=True)
        return Runner(binary, module, tmp_path / "work", environ or {"PATH": os.environ["PATH"]})

    return make


@pytest.fixture
def calls(tmp_path):
    """What the fake was called with: arguments, environment, working directory."""

    def read():
        file = tmp_path / "bin" / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    return read


def watching(react=lambda event: None):
    """A watch that keeps the events, and what it kept."""
    events = []

    def on_event(event):
        events.append(event)
        react(event)

    return Watch(on_event), events


# --- plan and apply


def test_events_are_told_in_order(terraform):
    watch, events = watching()
    terraform(
        "hook('apply_start'); print('not JSON'); say('version'); hook('apply_complete')"
    ).apply(watch)
    assert events == [STARTED, DONE]


def test_events_are_told_while_terraform_runs(terraform, tmp_path):
    """The fake ends only after the watcher has seen its first event."""
    os.mkfifo(tmp_path / "seen")
    watch, events = watching(
        lambda event: (tmp_path / "seen").write_text("yes") if event == STARTED else None
    )
    terraform(
        "hook('apply_start'); (here.parent / 'seen').read_text(); hook('apply_complete')"
    ).apply(watch)
    assert events == [STARTED, DONE]


def test_a_line_that_is_written_in_pieces_is_one_event(terraform):
    """A large event can be read while only its first half is in the file."""
    script = """
        import time
        line = json.dumps({"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "In two halves"}})
        hook("apply_start")
        for half in (line[:30], line[30:] + "\\n"):
            print(half, end="", flush=True)
            time.sleep(0.2)
        sys.exit(1)
    """
    with pytest.raises(TerraformError, match=r"^Terraform: In two halves"):
        terraform(script).apply(Watch())


def test_a_last_line_without_an_end_is_read(terraform):
    script = """
        line = json.dumps({"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "Cut short"}})
        print(line, end="", flush=True)
        sys.exit(1)
    """
    with pytest.raises(TerraformError, match=r"^Terraform: Cut short"):
        terraform(script).apply(Watch())


@pytest.mark.parametrize(("code", "changed"), [(0, False), (2, True)])
def test_exit_code_2_of_plan_means_changes(terraform, code, changed):
    assert terraform(f"sys.exit({code})").plan({}, "apply", Watch()) is changed


def test_plan_is_given_the_variables_and_saves_its_plan(terraform, calls, tmp_path):
    runner = terraform()
    runner.plan({"project": "resume", "domain": None}, "apply", Watch())
    ((arguments, _, folder),) = calls()
    (var_file,) = (word.partition("=")[2] for word in arguments if word.startswith("-var-file="))
    assert json.loads(Path(var_file).read_text()) == {"project": "resume", "domain": None}
    assert folder == str(tmp_path / "terraform")
    assert arguments[0] == "plan"
    assert {
        "-json",
        "-detailed-exitcode",
        "-input=false",
        "-lock=false",
        f"-out={runner.plan_file}",
    } < {*arguments}


@pytest.mark.parametrize(
    ("mode", "flags"),
    [("apply", set()), ("destroy", {"-destroy"}), ("refresh-only", {"-refresh-only"})],
)
def test_the_modes_of_a_plan(terraform, calls, mode, flags):
    terraform().plan({}, mode, Watch())
    assert {*calls()[0][0]} & {"-destroy", "-refresh-only"} == flags


def test_a_plan_of_only_some_resources(terraform, calls):
    terraform().plan({}, "apply", Watch(), targets=[BUCKET, 'aws_x.y["a b"]'])
    assert {f"-target={BUCKET}", '-target=aws_x.y["a b"]'} < {*calls()[0][0]}


def test_apply_applies_the_saved_plan_and_asks_nothing(terraform, calls):
    runner = terraform()
    runner.apply(Watch())
    assert calls()[0][0] == ["apply", "-json", "-input=false", str(runner.plan_file)]


def test_two_processes_never_share_a_plan(terraform, monkeypatch):
    ours = terraform().plan_file
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert terraform().plan_file != ours


# --- failures


def test_an_error_is_told_with_its_resource(terraform):
    script = """
        say("diagnostic", diagnostic={"severity": "warning", "summary": "Old"})
        say("diagnostic", diagnostic={"severity": "error", "summary": "creating bucket", "detail": "No.",
            "address": "aws_s3_bucket.site"})
        fail("another")
        sys.exit(1)
    """
    runner = terraform(script)
    with pytest.raises(TerraformError) as caught:
        runner.apply(Watch())
    assert (
        caught.value.message == "Terraform: creating bucket (aws_s3_bucket.site): No. (and 1 more)"
    )
    assert str(runner.log) in caught.value.hint
    assert "another" in runner.log.read_text()


def test_a_failure_without_a_word_of_json_shows_the_end_of_the_log(terraform):
    with pytest.raises(TerraformError, match="Terraform failed: panic: at the disco"):
        terraform("print('panic: at\\n the disco', file=sys.stderr); sys.exit(1)").plan(
            {}, "apply", Watch()
        )


@pytest.mark.parametrize("code", [1, 2, 11])
def test_apply_knows_only_one_good_end(terraform, code):
    with pytest.raises(TerraformError):
        terraform(f"sys.exit({code})").apply(Watch())


def test_a_warning_is_no_failure(terraform):
    terraform("fail('Old', 'warning')").apply(Watch())


def test_terraform_that_was_killed_is_a_failure(terraform):
    with pytest.raises(TerraformError):
        terraform("os.kill(os.getpid(), signal.SIGKILL)").apply(Watch())


# --- interrupting


def test_ctrl_c_asks_terraform_to_stop_waits_for_its_end_and_goes_on(terraform):
    runner = terraform("await_interrupt(); hook('apply_complete'); sys.exit(1)")
    watch, events = watching(
        lambda event: signal.raise_signal(signal.SIGINT) if event == STARTED else None
    )
    with pytest.raises(KeyboardInterrupt):
        runner.apply(watch)
    assert events == [STARTED, DONE]


def test_ctrl_c_between_two_events(terraform, tmp_path):
    """The fake sends it itself, once its first event was seen and there is nothing more to read."""
    os.mkfifo(tmp_path / "seen")
    script = """
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        hook("apply_start")
        (here.parent / "seen").read_text()
        os.kill(os.getppid(), signal.SIGINT)
        signal.sigwait({signal.SIGINT})
        hook("apply_complete")
    """
    watch, events = watching(
        lambda event: (tmp_path / "seen").write_text("yes") if event == STARTED else None
    )
    with pytest.raises(KeyboardInterrupt):
        terraform(script).apply(watch)
    assert events == [STARTED, DONE]


def test_the_terminals_ctrl_c_does_not_reach_terraform_twice(terraform, calls):
    """It runs in a session of its own: what a terminal sends to the group in front does not reach it."""
    runner = terraform("(here / 'session').write_text(str(os.getsid(0)))")
    runner.apply(Watch())
    assert int((runner._binary.parent / "session").read_text()) != os.getsid(0)


def test_abandon_asks_terraform_to_stop_once(terraform):
    script = """
        await_interrupt()
        if signal.sigtimedwait({signal.SIGINT}, 0.2):
            fail("asked twice")
        fail("Operation canceled")
        sys.exit(1)
    """
    runner = terraform(script)
    watch = Watch(lambda event: watch.abandon.set())
    with pytest.raises(TerraformError, match=r"Operation canceled$"):
        runner.apply(watch)


def test_an_apply_is_on_record_until_it_ended_well(terraform, tmp_path):
    """The next run of resumectl finds it, should this one be killed."""
    found = []
    terraform("hook('apply_start')").apply(
        Watch(lambda event: found.extend(runs.unfinished(tmp_path / "work")))
    )
    assert [run.alive for run in found] == [
        False
    ]  # it ended meanwhile; while it ran it was on record
    assert runs.unfinished(tmp_path / "work") == []


def test_a_watcher_that_fails_leaves_an_apply_on_record(terraform, tmp_path):
    """Terraform goes on; the record lets the next run wait for it."""
    os.mkfifo(tmp_path / "go on")
    runner = terraform("hook('apply_start'); (here.parent / 'go on').read_text()")
    with pytest.raises(ZeroDivisionError):
        runner.apply(Watch(lambda event: 1 / 0))
    (left,) = runs.unfinished(tmp_path / "work")
    assert left.alive
    (tmp_path / "go on").write_text("yes")
    left.wait()
    assert not left.alive


@pytest.mark.parametrize("how", ["sys.exit(1)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_an_apply_that_failed_stays_on_record(terraform, tmp_path, how):
    with pytest.raises(TerraformError):
        terraform(how).apply(Watch())
    (left,) = runs.unfinished(tmp_path / "work")
    assert not left.alive
    left.forget()
    assert runs.unfinished(tmp_path / "work") == []


def test_a_plan_is_not_on_record(terraform, tmp_path):
    with pytest.raises(TerraformError):
        terraform("sys.exit(1)").plan({}, "refresh-only", Watch())
    assert runs.unfinished(tmp_path / "work") == []


# --- the environment


def test_the_environment_that_terraform_gets(terraform, calls, tmp_path):
    inherited = {
        "PATH": os.environ["PATH"],
        "AWS_REGION": "eu-west-2",
        "TF_CLI_CONFIG_FILE": "/rc",
        "TF_CLI_ARGS": "-no-color",
        "TF_CLI_ARGS_plan": "-refresh=false",
        "TF_WORKSPACE": "other",
        "TF_DATA_DIR": "/elsewhere",
    }
    terraform(environ=inherited).apply(Watch())
    ((_, environ, _),) = calls()
    environ.pop("LC_CTYPE", None)  # Python's own
    assert environ == {
        "PATH": os.environ["PATH"],
        "AWS_REGION": "eu-west-2",
        "TF_CLI_CONFIG_FILE": "/rc",
        "TF_DATA_DIR": str(tmp_path / "work" / "data"),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
        "GOGC": "400",
    }


def test_a_chosen_gogc_is_left_alone(terraform, calls):
    terraform(environ={"GOGC": "50"}).apply(Watch())
    assert calls()[0][1]["GOGC"] == "50"


# --- init

READY = "pathlib.Path(os.environ['TF_DATA_DIR'], 'providers').mkdir(parents=True, exist_ok=True)"


def test_init_is_told_the_backend(terraform, calls):
    terraform(READY).init({"bucket": "b", "key": "terraform/prod.tfstate"})
    ((arguments, _, _),) = calls()
    assert arguments == [
        "init",
        "-backend-config=bucket=b",
        "-backend-config=key=terraform/prod.tfstate",
        "-reconfigure",
        "-no-color",
        "-input=false",
    ]


def test_init_is_done_once(terraform, calls):
    for _ in range(3):
        terraform(READY).init({"bucket": "b"})
    assert len(calls()) == 1


@pytest.mark.parametrize("file", ["terraform.tf", "providers.tf", ".terraform.lock.hcl"])
def test_init_is_done_again_when_what_it_depends_on_changed(terraform, calls, tmp_path, file):
    runner = terraform(READY)
    runner.init({"bucket": "b"})
    (tmp_path / "terraform" / file).write_text("# new")
    runner.init({"bucket": "b"})
    runner.init({"bucket": "other"})
    runner.init({"bucket": "other"})
    assert len(calls()) == 3


def test_init_is_done_again_where_the_lock_file_lacks_what_init_adds_to_it(
    terraform, calls, tmp_path
):
    """As in a configuration that another kind of machine released: it is laid out anew each time."""
    lock = tmp_path / "terraform" / ".terraform.lock.hcl"
    runner = terraform(READY + "\npathlib.Path('.terraform.lock.hcl').write_text('linux, macos')")
    for known, times in (("linux", 1), ("linux", 2), ("linux, macos", 2)):
        lock.write_text(known)
        runner.init({})
        assert len(calls()) == times


def test_init_is_done_again_when_its_result_is_gone(terraform, calls, tmp_path):
    runner = terraform(READY)
    runner.init({})
    (tmp_path / "work" / "data" / "providers").rmdir()
    runner.init({})
    assert len(calls()) == 2


def test_a_failed_init_is_explained_and_done_again(terraform, calls):
    runner = terraform("print('Error: it broke', file=sys.stderr); sys.exit(1)")
    for _ in range(2):
        with pytest.raises(TerraformError):
            runner.init({})
    assert len(calls()) == 2


# --- show and other commands


def test_show_reads_the_saved_plan(terraform, calls):
    runner = terraform("""print('{"resource_changes": [], "caf\\u00e9": "\\u2713"}')""")
    assert runner.show() == {"resource_changes": [], "café": "✓"}
    assert calls()[0][0] == ["show", "-json", str(runner.plan_file)]


def test_a_plan_that_cannot_be_shown(terraform):
    with pytest.raises(TerraformError, match="cannot show") as caught:
        terraform("sys.exit('no such file')").show()
    assert "no such file" in caught.value.hint


def test_any_other_command_gives_its_output(terraform, calls):
    assert terraform("print('done')").command("state", "list") == "done\n"
    assert calls()[0][0] == ["state", "list"]


def test_any_other_command_that_fails(terraform):
    with pytest.raises(TerraformError, match="terraform untaint failed: no such resource"):
        terraform("sys.exit('no such\\n  resource')").command("untaint", "aws_x.y")
