"""Runs Terraform: init, plan, show, apply. The only file that knows python-terraform.

python-terraform composes the command lines; the process is ours, because its own runner cannot
stream. Terraform writes its JSON events to a file that we follow, not to a pipe: if resumectl is
killed, Terraform still finishes, saves its state and releases its lock, and the next run waits.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from resumectl import files
from resumectl.errors import TerraformError
from resumectl.infra import runs, stream
from resumectl.infra.configuration import LOCK
from resumectl.infra.interrupt import Stop
from resumectl.infra.provider import explain_init_failure, one_at_a_time

Mode = Literal["apply", "destroy", "refresh-only"]

_CHANGED: Final = 2
_PERSONAL: Final = ("TF_VAR_", "TF_CLI_ARGS", "TF_WORKSPACE", "TF_LOG")
"""TF_LOG would mix its lines with the events, and write secrets to our log."""
_NEEDS_INIT: Final = re.compile(
    rb'(?:^|[{,])\s*"?(?:module|provider|terraform)"?\s*["{:]', re.MULTILINE
)
"""What of a configuration `init` prepares: providers, the backend and local modules."""
_TAIL: Final = 20  # lines of a log without a diagnostic
_POLL: Final = 0.05
"""Seconds between two looks at Terraform's event file."""


@dataclass(frozen=True)
class Watch:
    """Gets each event of a run; may stop Terraform by setting `abandon`."""

    on_event: Callable[[stream.Event], None] = lambda _: None
    abandon: threading.Event = field(default_factory=threading.Event)


class Runner:
    """Terraform for one environment.

    Args:
        binary: the executable.
        directory: the root module that it runs in.
        work: where TF_DATA_DIR of this environment is.
        run: the folder of this process, for the plan and the events.
        environ: the environment variables for Terraform. What a person's shell sets to change a
            plan or an output (TF_VAR_*, TF_CLI_ARGS*, TF_WORKSPACE, TF_LOG*) is left out.
        note: told what Ctrl-C does.
        gone: whether what Terraform talks to has ended for good. It is asked to stop then: waiting
            for a resource that nobody makes any more can take the provider 20 minutes.
    """

    def __init__(  # noqa: PLR0913 - collaborators
        self,
        binary: Path,
        directory: Path,
        work: Path,
        run: Path,
        environ: Mapping[str, str],
        note: Callable[[str], None] = lambda _: None,
        gone: Callable[[], bool] = lambda: False,
    ) -> None:
        self._binary = binary
        self._directory = directory
        self._work = work
        self._run = run
        self._note = note
        self._gone = gone
        self._environ = {
            **{key: value for key, value in environ.items() if not key.startswith(_PERSONAL)},
            "TF_DATA_DIR": str(work / "data"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
            "GOGC": environ.get("GOGC", "400"),  # a third less CPU for a little memory
        }

    @property
    def plan_file(self) -> Path:
        """The saved plan: exactly what was shown is what is applied. No other process writes it."""
        return self._run / "plan.bin"

    @property
    def log(self) -> Path:
        """The output of Terraform's last run."""
        return self._run / runs.LOG

    def init(self, backend: Mapping[str, str]) -> None:
        """Prepare the provider and the backend, unless exactly this was prepared before.

        Raises:
            TerraformError: the provider cannot be installed or the backend cannot be reached.
        """
        done = self._work / "init.json"
        with suppress(OSError, ValueError):
            if (
                done.read_text() == self._init_fingerprint(backend)
                and (self._work / "data" / "providers").is_dir()
            ):
                return
        done.unlink(missing_ok=True)
        command = self._command(
            "init", backend_config=dict(backend), reconfigure=True, no_color=True
        )
        with one_at_a_time(self._environ):
            run = self._captured(command)
        if run.returncode != 0:
            raise explain_init_failure(run.stdout + run.stderr)
        # Now, because init adds the provider's checksum for this kind of machine to the lock file,
        # where it lacks it.
        done.write_text(self._init_fingerprint(backend))

    def plan(
        self, variables: Mapping[str, Any], mode: Mode, watch: Watch, targets: Sequence[str] = ()
    ) -> bool:
        """Make a plan and save it. It takes no lock: Terraform refuses to apply a stale plan.

        Args:
            variables: the values of the root module's variables.
            mode: what the plan is for.
            watch: gets the events.
            targets: only these addresses and what they depend on; empty means all.

        Returns:
            Whether there is anything to apply.

        Raises:
            TerraformError: Terraform could not make a plan.
        """
        self._run.mkdir(parents=True, exist_ok=True)
        runs.prune(self._run)
        file = self._run / "variables.tfvars.json"
        files.replace(file, json.dumps(variables, indent=2, sort_keys=True), mode=0o600)
        files.private(self.plan_file).close()  # Terraform keeps the mode of a file that is there
        modes = {"destroy": mode == "destroy", "refresh_only": mode == "refresh-only"}
        command = self._command(
            "plan",
            json=True,
            detailed_exitcode=True,
            out=str(self.plan_file),
            var_file=str(file),
            lock=False,
            **modes,
        )
        command += [f"-target={address}" for address in targets]
        return self._streamed(command, watch, ok=(0, _CHANGED)) == _CHANGED

    def show(self) -> dict[str, Any]:
        """The saved plan as JSON."""
        document: dict[str, Any] = json.loads(self.command("show", "-json", str(self.plan_file)))
        return document

    def apply(self, watch: Watch) -> None:
        """Apply the saved plan.

        Raises:
            TerraformError: it failed; what was done until then is in the state.
        """
        self._run.mkdir(parents=True, exist_ok=True)
        runs.begin(self._run)
        self._streamed([*self._command("apply", json=True), str(self.plan_file)], watch, ok=(0,))
        runs.end(self._run)

    def command(self, *arguments: str) -> str:
        """Run any other command (`untaint ADDRESS`, `state push FILE`, ...); returns its output.

        Raises:
            TerraformError: it failed.
        """
        run = self._captured([str(self._binary), *arguments])
        if run.returncode != 0:
            raise _whole(f"terraform {arguments[0]} failed", run.stderr or run.stdout, self.log)
        return run.stdout

    def _init_fingerprint(self, backend: Mapping[str, str]) -> str:
        values = [str(self._binary), *(f"{key}={value}" for key, value in sorted(backend.items()))]
        total = hashlib.sha256("\n".join(values).encode())
        for path in sorted((*self._directory.rglob("*.tf"), *self._directory.rglob("*.tf.json"))):
            if _NEEDS_INIT.search(content := path.read_bytes()):
                total.update(content)
        with suppress(FileNotFoundError):
            total.update((self._directory / LOCK).read_bytes())
        return total.hexdigest()

    def _command(self, name: str, **options: Any) -> list[str]:
        from python_terraform import IsFlagged, IsNotFlagged, Terraform

        wrapper = Terraform(working_dir=str(self._work), terraform_bin_path=str(self._binary))
        flags = {"json", "detailed_exitcode", "destroy", "refresh_only", "reconfigure", "no_color"}
        flag = {True: IsFlagged, False: IsNotFlagged}
        arguments = {key: flag[value] if key in flags else value for key, value in options.items()}
        command: list[str] = wrapper.generate_cmd_string(name, **arguments, input=False)
        return command

    def _captured(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self._work.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            command,
            cwd=self._directory,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
            close_fds=False,  # as in `_streamed`
        )

    def _streamed(self, command: Sequence[str], watch: Watch, ok: Sequence[int]) -> int:
        self._run.mkdir(parents=True, exist_ok=True)
        with files.private(self.log) as out:
            runs.claim(out)
            running = subprocess.Popen(
                command,
                cwd=self._directory,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches it once, from us
                close_fds=False,  # it keeps the claim of its place if it outlives us
            )
        runs.began(self._run, running.pid)
        problems = self._follow(running, watch)
        errors = [problem for problem in problems if problem.severity == "error"]
        if running.returncode not in ok:
            raise self._failure(errors)
        return running.returncode

    def _follow(
        self, running: subprocess.Popen[bytes], watch: Watch
    ) -> Iterator[stream.Diagnostic]:
        """Read events until Terraform exits; on Ctrl-C ask it to stop, and still wait for it."""
        stop = Stop(running.send_signal, self._note)
        with self.log.open("rb") as log, stop.on_signals():
            lines, ended = stream.Lines(log), False
            while not ended:
                ended = _ended(running)
                yield from _diagnostics(lines.new(last=ended), watch.on_event)
                stop.look(abandoned=watch.abandon.is_set() or self._gone())
        if stop.interrupts:
            raise KeyboardInterrupt

    def _failure(self, errors: Sequence[stream.Diagnostic]) -> TerraformError:
        if not errors:
            text = "\n".join(self.log.read_text(errors="replace").splitlines()[-_TAIL:])
            return _whole("Terraform failed", text, self.log)
        first, *others = errors
        more = [f"and {len(others)} more:", *(f"- {each.line}" for each in others)]
        lines = [f"Terraform: {first.line}", *first.details, *(more if others else ())]
        return TerraformError("\n".join(lines), hint=f"The whole log: {self.log}")


def _diagnostics(
    lines: Iterable[str], on_event: Callable[[stream.Event], None]
) -> Iterator[stream.Diagnostic]:
    for line in lines:
        message = stream.parse(line)
        if isinstance(message, stream.Diagnostic):
            yield message
        elif message:
            on_event(message)


def _whole(headline: str, output: str, log: Path) -> TerraformError:
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    first, *rest = lines or ["it said nothing"]
    return TerraformError("\n".join([f"{headline}: {first}", *rest]), hint=f"The log: {log}")


def _ended(running: subprocess.Popen[bytes]) -> bool:
    try:
        running.wait(_POLL)
    except subprocess.TimeoutExpired:
        return False
    return True
