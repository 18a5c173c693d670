from __future__ import annotations

import json
import os
import signal
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from resumectl import process
from resumectl.errors import TerraformError
from resumectl.filelock import claim
from resumectl.infra import runs
from resumectl.infra.runner import Runner, Watch
from resumectl.infra.stream import Event
from resumectl.parallel import side_by_side
from resumectl.process import Process

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

    def make(script="", environ=None, notes=None, gone=lambda: False):
        binary = tmp_path / "bin" / "terraform"
        binary.parent.mkdir(exist_ok=True)
        binary.write_text(FAKE + textwrap.dedent(script))
        binary.chmod(0o755)
        module = tmp_path / "terraform"
        module.mkdir(exist_ok=True)
        work = tmp_path / "work"
        environ = environ or {"PATH": os.environ["PATH"]}
        note = [].append if notes is None else notes.append
        folder = runs.folder(work, process.current())
        return Runner(binary, module, work, folder, environ, note, gone)

    return make


@pytest.fixture
def calls(tmp_path):
    """What the fake was called with: arguments, environment, working directory."""

    def read():
        file = tmp_path / "bin" / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    return read


def watching(react=lambda event: None):
    """A watch, and the events that it was told."""
    events = []

    def on_event(event):
        events.append(event)
        react(event)

    return Watch(on_event), events


# --- plan and apply


def test_events_arrive_in_order(terraform):
    watch, events = watching()
    terraform(
        "hook('apply_start'); print('not JSON'); say('version'); hook('apply_complete')"
    ).apply(watch)
    assert events == [STARTED, DONE]


def test_events_arrive_while_terraform_runs(terraform, tmp_path):
    """The fake exits only after the watcher has seen its first event."""
    os.mkfifo(tmp_path / "seen")
    watch, events = watching(
        lambda event: (tmp_path / "seen").write_text("yes") if event == STARTED else None
    )
    terraform(
        "hook('apply_start'); (here.parent / 'seen').read_text(); hook('apply_complete')"
    ).apply(watch)
    assert events == [STARTED, DONE]


class AfterALook(threading.Event):
    """Asked after each look at the event file; lets the fake go on once there was one."""

    def __init__(self, gate, seen):
        super().__init__()
        self._gate, self._seen = gate, seen

    def is_set(self):
        if self._seen and self._gate.exists():
            self._gate.write_text("yes")
            self._gate.unlink()
        return super().is_set()


def test_a_line_that_is_written_in_pieces_is_one_event(terraform, tmp_path):
    """A large event can be read while only its first half is in the file."""
    os.mkfifo(tmp_path / "gate")
    script = """
        problem = {"severity": "error", "summary": "In two halves"}
        line = json.dumps({"type": "diagnostic", "diagnostic": problem})
        started = {"type": "apply_start", "hook": {"resource": {"addr": "x"}, "action": "create"}}
        print(json.dumps(started) + "\\n" + line[:30], end="", flush=True)
        (here.parent / "gate").read_text()
        print(line[30:])
        sys.exit(1)
    """
    events = []
    watch = Watch(events.append, AfterALook(tmp_path / "gate", events))
    with pytest.raises(TerraformError, match=r"^Terraform: In two halves"):
        terraform(script).apply(watch)


def test_a_last_line_without_a_newline_is_read(terraform):
    script = """
        problem = {"severity": "error", "summary": "Cut short"}
        print(json.dumps({"type": "diagnostic", "diagnostic": problem}), end="", flush=True)
        sys.exit(1)
    """
    with pytest.raises(TerraformError, match=r"^Terraform: Cut short"):
        terraform(script).apply(Watch())


@pytest.mark.parametrize(("code", "changed"), [(0, False), (2, True)])
def test_exit_code_2_of_plan_means_changes(terraform, code, changed):
    assert terraform(f"sys.exit({code})").plan({}, "apply", Watch()) is changed


def test_plan_gets_the_variables_and_saves_its_plan(terraform, calls, tmp_path):
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


def test_one_init_at_a_time_fills_the_cache_of_providers(terraform, tmp_path, calls):
    """The fake fails while another one runs."""
    environ = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(tmp_path / "cache")}
    script = "busy = here.parent / 'busy'; busy.mkdir(); os.sync(); busy.rmdir()"
    runners = [terraform(script, environ) for _ in range(3)]
    results = side_by_side(lambda runner: runner.init({}), runners, lanes=3)
    assert results == [None] * 3
    assert {arguments[0] for arguments, *_ in calls()} == {"init"}


@pytest.mark.parametrize("command", ["init", "plan", "apply"])
def test_terraform_inherits_the_claim_of_its_place(terraform, tmp_path, command):
    """It may outlive this process. The fake fails if it does not have the locked file open."""
    script = """
        lock = os.stat(here.parent / "work" / "lock")
        def is_lock(number):
            try:
                return os.path.samestat(os.fstat(number), lock)
            except OSError:
                return False
        sys.exit(not any(map(is_lock, range(256))))
    """
    held = claim([tmp_path / "work"])
    runner = terraform(script)
    run = {
        "init": lambda: runner.init({}),
        "plan": lambda: runner.plan({}, "apply", Watch()),
        "apply": lambda: runner.apply(Watch()),
    }
    run[command]()
    assert held.folder == tmp_path / "work"


def test_two_processes_never_share_a_plan(tmp_path):
    def plan_file(pid):
        folder = runs.folder(tmp_path, Process("laptop", pid))
        return Runner(Path("terraform"), tmp_path, tmp_path, folder, {}).plan_file

    assert plan_file(1) != plan_file(2)


# --- failures


def test_an_error_names_its_resource(terraform):
    script = """
        say("diagnostic", diagnostic={"severity": "warning", "summary": "Old"})
        problem = {"severity": "error", "summary": "creating bucket", "detail": "No."}
        say("diagnostic", diagnostic={**problem, "address": "aws_s3_bucket.site"})
        fail("another")
        sys.exit(1)
    """
    runner = terraform(script)
    with pytest.raises(TerraformError) as caught:
        runner.apply(Watch())
    assert caught.value.message.splitlines() == [
        "Terraform: creating bucket (aws_s3_bucket.site): No.",
        "and 1 more:",
        "- another",
    ]
    assert str(runner.log) in caught.value.hint
    assert "another" in runner.log.read_text()


def test_the_first_error_is_shown_whole_and_the_others_in_a_line_each(terraform):
    detail = "operation error CloudFront: CreateDistribution, AccessDenied:\\n" * 9
    script = f"""
        for name in ("site", "other", "third"):
            problem = {{"severity": "error", "summary": f"creating {{name}}"}}
            say("diagnostic", diagnostic={{**problem, "detail": "{detail}\\n\\nWhy.\\n\\nHow."}})
        sys.exit(1)
    """
    with pytest.raises(TerraformError) as caught:
        terraform(script).apply(Watch())
    first, *rest = caught.value.message.splitlines()
    assert first.count("operation error CloudFront") == 9
    assert rest[:3] == ["Why.", "How.", "and 2 more:"]
    assert [line.split(":")[0] for line in rest[3:]] == ["- creating other", "- creating third"]


def test_a_failure_without_json_shows_the_end_of_the_log(terraform):
    with pytest.raises(TerraformError, match="Terraform failed: panic: at\n the disco"):
        terraform("print('panic: at\\n the disco', file=sys.stderr); sys.exit(1)").plan(
            {}, "apply", Watch()
        )


@pytest.mark.parametrize("code", [1, 2, 11])
def test_apply_succeeds_only_with_exit_code_0(terraform, code):
    with pytest.raises(TerraformError):
        terraform(f"sys.exit({code})").apply(Watch())


def test_a_warning_does_not_fail_an_apply(terraform):
    terraform("fail('Old', 'warning')").apply(Watch())


def test_a_killed_terraform_is_a_failure(terraform):
    with pytest.raises(TerraformError):
        terraform("os.kill(os.getpid(), signal.SIGKILL)").apply(Watch())


# --- interrupting


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_asks_terraform_to_stop_and_waits_for_its_end(terraform):
    runner = terraform("await_interrupt(); hook('apply_complete'); sys.exit(1)")
    watch, events = watching(
        lambda event: signal.raise_signal(signal.SIGINT) if event == STARTED else None
    )
    with pytest.raises(KeyboardInterrupt):
        runner.apply(watch)
    assert events == [STARTED, DONE]


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_between_two_events_loses_neither(terraform, tmp_path):
    """The fake sends it, once its first event was seen and there is nothing more to read."""
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


INTERRUPTED = """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    hook("apply_start")
    signal.sigwait({signal.SIGINT})
    hook("apply_complete")
    if signal.sigtimedwait({signal.SIGINT}, 0.5):
        fail("Two interrupts received. Data loss may have occurred.")
    sys.exit(1)
"""


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_ctrl_c_is_held_back_and_says_what_a_third_would_do(terraform, second, tmp_path):
    """SIGTERM: a CI system that cancels a job sends one after the other."""
    notes = []
    presses = {STARTED: signal.SIGINT, DONE: second}
    with pytest.raises(KeyboardInterrupt):
        terraform(INTERRUPTED, notes=notes).apply(
            Watch(lambda event: signal.raise_signal(presses[event]))
        )
    assert (
        "Data loss"
        not in (runs.folder(tmp_path / "work", process.current()) / runs.LOG).read_text()
    )
    assert len(notes) == 2
    assert "finishes the resources that it works on and saves its state" in notes[0]
    assert "Press Ctrl-C again to kill it" in notes[1]


@pytest.mark.usefixtures("ctrl_c")
def test_a_third_ctrl_c_reaches_terraform(terraform, tmp_path):
    def press(event):
        for _ in range(1 if event == STARTED else 2):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        terraform(INTERRUPTED).apply(Watch(press))
    assert "Data loss" in (runs.folder(tmp_path / "work", process.current()) / runs.LOG).read_text()


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_while_terraform_is_stopped_already_is_held_back(terraform, tmp_path):
    notes, abandon = [], threading.Event()

    def react(event):
        abandon.set() if event == STARTED else signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        terraform(INTERRUPTED, notes=notes).apply(Watch(react, abandon))
    assert (
        "Data loss"
        not in (runs.folder(tmp_path / "work", process.current()) / runs.LOG).read_text()
    )
    assert len(notes) == 1


@pytest.mark.usefixtures("ctrl_c")
def test_after_terraform_ctrl_c_interrupts_again(terraform):
    terraform().apply(Watch())
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_only_its_owner_reads_what_terraform_writes(terraform, tmp_path):
    """A plan and a log can hold secrets. Files of an older resumectl become private, too."""
    folder = runs.folder(tmp_path / "work", process.current())
    folder.mkdir(parents=True)
    for name in (runs.LOG, "plan.bin", "variables.tfvars.json"):
        (folder / name).write_text("old")
        (folder / name).chmod(0o644)
    write_plan = "open(next(a for a in sys.argv if a.startswith('-out='))[5:], 'w').write('x')"
    terraform(write_plan).plan({}, "apply", Watch())
    modes = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert modes == dict.fromkeys((runs.LOG, "plan.bin", "variables.tfvars.json"), 0o600)


def test_the_terminals_ctrl_c_does_not_reach_terraform_twice(terraform, tmp_path):
    """It runs in a session of its own; a terminal signals the group in the foreground."""
    terraform("(here / 'session').write_text(str(os.getsid(0)))").apply(Watch())
    assert int((tmp_path / "bin" / "session").read_text()) != os.getsid(0)


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


def test_terraform_stops_when_what_it_talks_to_has_ended(terraform):
    """The provider would wait up to 20 minutes for a bucket that nobody makes any more."""
    script = """
        await_interrupt()
        fail("Operation canceled")
        sys.exit(1)
    """
    ended = threading.Event()
    with pytest.raises(TerraformError, match=r"Operation canceled$"):
        terraform(script, gone=ended.is_set).apply(Watch(lambda event: ended.set()))


def test_an_apply_is_on_record_until_it_ended_well(terraform, tmp_path):
    """The next run of resumectl finds it, should this one be killed."""
    recorded = []
    terraform("hook('apply_start')").apply(
        Watch(lambda event: recorded.extend(runs.unfinished(tmp_path / "work")))
    )
    assert len(recorded) == 1
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


def test_variables_of_the_shell_that_change_a_plan_never_reach_terraform(
    terraform, calls, tmp_path
):
    inherited = {
        "TF_VAR_domain": "elsewhere.example",
        "PATH": os.environ["PATH"],
        "AWS_REGION": "eu-west-2",
        "TF_CLI_CONFIG_FILE": "/rc",
        "TF_CLI_ARGS": "-no-color",
        "TF_LOG": "json",
        "TF_LOG_PROVIDER": "trace",
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


def test_init_gets_the_backend(terraform, calls):
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


def test_init_runs_once_for_the_same_backend_and_lock(terraform, calls, tmp_path):
    for content in ("a", "b", "c"):
        (tmp_path / "terraform").mkdir(exist_ok=True)
        (tmp_path / "terraform" / "site.tf").write_text(f'locals {{ module = "{content}" }}')
        terraform(READY).init({"bucket": "b"})
    assert len(calls()) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_init_runs_again_if_its_mark_is_damaged(terraform, calls, tmp_path, content):
    runner = terraform()
    runner.init({})
    (tmp_path / "work" / "data" / "providers").mkdir(parents=True, exist_ok=True)
    (tmp_path / "work" / "init.json").write_bytes(content)
    runner.init({})
    assert len(calls()) == 2


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("terraform.tf", 'terraform {\n  required_version = "~> 1.11"\n}'),
        ("providers.tf", 'provider "aws" {}'),
        ("site.tf", 'locals {}\nmodule "pages" {\n  source = "./pages"\n}'),
        ("site.tf.json", '{"module": {"pages": {"source": "./pages"}}}'),
        ("pages/inner.tf", 'module "inner" { source = "./inner" }'),
        (".terraform.lock.hcl", "# new"),
    ],
)
def test_init_runs_again_after_a_change_of_what_it_prepares(
    terraform, calls, tmp_path, file, content
):
    runner = terraform(READY)
    runner.init({"bucket": "b"})
    (tmp_path / "terraform" / file).parent.mkdir(exist_ok=True)
    (tmp_path / "terraform" / file).write_text(content)
    runner.init({"bucket": "b"})
    runner.init({"bucket": "other"})
    runner.init({"bucket": "other"})
    assert len(calls()) == 3


def test_init_runs_again_where_the_lock_file_lacks_the_checksums_that_it_adds(
    terraform, calls, tmp_path
):
    """As in a configuration that another kind of machine released, laid out anew each time."""
    lock = tmp_path / "terraform" / ".terraform.lock.hcl"
    runner = terraform(READY + "\npathlib.Path('.terraform.lock.hcl').write_text('linux, macos')")
    for known, times in (("linux", 1), ("linux", 2), ("linux, macos", 2)):
        lock.write_text(known)
        runner.init({})
        assert len(calls()) == times


def test_init_runs_again_when_its_providers_are_gone(terraform, calls, tmp_path):
    runner = terraform(READY)
    runner.init({})
    (tmp_path / "work" / "data" / "providers").rmdir()
    runner.init({})
    assert len(calls()) == 2


def test_a_failed_init_is_explained_and_runs_again(terraform, calls):
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


def test_a_plan_that_cannot_be_shown_is_an_error(terraform):
    with pytest.raises(TerraformError, match="terraform show failed: no such file"):
        terraform("sys.exit('no such file')").show()


def test_any_other_command_returns_its_output(terraform, calls):
    assert terraform("print('done')").command("state", "list") == "done\n"
    assert calls()[0][0] == ["state", "list"]


def test_any_other_command_that_fails_is_an_error(terraform):
    with pytest.raises(TerraformError, match="terraform untaint failed: no such\n  resource"):
        terraform("sys.exit('no such\\n  resource')").command("untaint", "aws_x.y")
