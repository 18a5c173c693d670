"""What must hold after every step, whatever happened in it."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.driver import live
from tests.driver.commands import COMMANDS, READING, WRITING
from tests.driver.tampering import SECRET
from tests.driver.writer import Broken, require
from tests.fakes.aws.world import READS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.driver.look import Look
    from tests.driver.play import Ended
    from tests.driver.step import Step
    from tests.fakes.aws.world import Aws

INTERRUPTED = "interrupted"
"""The code of a command that Ctrl-C ended: it exits with 130."""
BODIES = ("Body", "ZipFile", "Code", "Policy")


@dataclass(frozen=True)
class Moment:
    """A step of one environment that ended, with a look before and after it.

    Attributes:
        destroyed: the number under which the environment was destroyed last.
        foreign: whether the project bucket belongs to another project than the command's.
    """

    aws: Aws
    step: Step
    ended: Ended
    before: Look
    after: Look
    destroyed: int = 0
    foreign: bool = False

    @property
    def alone(self) -> bool:
        """Whether nobody else did anything meanwhile."""
        slept = any(fault.kind == "suspend" for fault in self.ended.met)
        return not (slept and self.step.trouble and self.step.trouble.meanwhile)

    @property
    def good(self) -> bool:
        """Whether it is a command that ended well."""
        return self.ended.outcome is not None and self.ended.error is None

    @property
    def took_back(self) -> bool:
        """Whether a failed smoke test returned to the live release."""
        newest = self.after.records[0] if self.after.records else {}
        return newest.get("taken_back_to") is not None and self.after.newest > self.before.newest

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that the command may change."""
        words = self.step.verb.split()
        only = tuple(word for flag, word in itertools.pairwise(words) if flag == "--only")
        if self.step.verb not in WRITING:
            return ()
        rolls_back = ("function", "site")
        return rolls_back if words[0] == "rollback" else only or ("infra", *rolls_back)


def check(moment: Moment) -> None:
    """Look at a command.

    Raises:
        Broken: something does not hold.
    """
    if moment.step.verb not in COMMANDS:
        return
    nothing_secret_is_said(moment)
    other_environments_are_left_alone(moment)
    reading_writes_nothing(moment)
    another_project_writes_nothing(moment)
    an_interrupt_ends_the_command(moment)
    if moment.alone:
        what_was_not_chosen_stays(moment)
        what_is_done_was_shown(moment)
        a_failure_is_recorded(moment)
        what_is_recorded_is_live(moment)
        a_rollback_serves_its_target(moment)


def nothing_secret_is_said(moment: Moment) -> None:
    """In documents, errors, notes."""
    ended = moment.ended
    shown = json.dumps(ended.outcome.body, default=str) if ended.outcome else ""
    error = f"{ended.error} {ended.error.hint}" if ended.error else ""
    for text in (shown, error, *ended.said):
        require(SECRET not in text, "what is said", "no secret", text[:200])


def other_environments_are_left_alone(moment: Moment) -> None:
    """No call that changes something names another environment."""
    env = next(name for name in live.ENVS if name != moment.step.env)
    names = (f"resume-{env}", f"/{env}", live.distribution(moment.aws, env) or "none")
    for call, named in _writes(moment):
        text = json.dumps(named, default=str)
        ours = not any(name in text for name in names)
        require(ours, f"a command on {moment.step.env}", "its own names", f"{call} {text[:200]}")


def reading_writes_nothing(moment: Moment) -> None:
    """plan, drift and the like change nothing on AWS."""
    if moment.step.verb in READING:
        calls = [call for call, _ in _writes(moment)]
        require(not calls, moment.step.verb, "no writing call", calls)


def another_project_writes_nothing(moment: Moment) -> None:
    """Not even with --force: the name alone proves nothing."""
    if moment.foreign:
        calls = [call for call, _ in _writes(moment)]
        require(not calls, f"{moment.step.verb} of another project", "no writing call", calls)
        require(not moment.good, moment.step.verb, "refused", moment.ended.line)


def an_interrupt_ends_the_command(moment: Moment) -> None:
    """Ctrl-C is never swallowed or taken for another failure, and the lock is released."""
    ended, env = moment.ended, moment.step.env
    if not any(fault.kind.startswith("interrupt") for fault in ended.met):
        return
    require(ended.code == INTERRUPTED, "after Ctrl-C", INTERRUPTED, ended.line)
    held = live.document(moment.aws, f"locks/{env}.json") or {}
    by = held.get("process", {})
    require((by.get("host"), by.get("pid")) != ended.process, "after Ctrl-C", "no lock", held)


def what_was_not_chosen_stays(moment: Moment) -> None:
    """A part that was not chosen; of the function its code, as new settings are published."""
    if moment.step.verb == "destroy":
        return
    before, after = moment.before, moment.after
    if "site" not in moment.parts:
        require(before.served == after.served, "the site stays", before.served, after.served)
    if "function" not in moment.parts:
        require(before.code == after.code, "the code stays", before.code, after.code)


def what_is_done_was_shown(moment: Moment) -> None:
    """What visitors meet differs only where the approved plan said so."""
    if moment.step.verb == "destroy":
        return
    before, after, plan = moment.before.served, moment.after.served, moment.ended.shown
    touched = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    shown = {change.key for change in plan.of("site")} if plan else set()
    if shown and moment.took_back:
        return  # to the release, whatever was live before
    require(touched <= shown, "objects that were shown", sorted(shown), sorted(touched))
    if moment.before.code != moment.after.code:
        function = plan.of("function") if plan else ()
        require(bool(function), "the function", "not in the plan", moment.after.alias)


def a_failure_is_recorded(moment: Moment) -> None:
    """A command that failed by itself changed nothing, or its record says that it failed."""
    ended, before, after = moment.ended, moment.before, moment.after
    refused = any(fault.kind in ("refuse", "lose") for fault in ended.met)  # the record as well
    if ended.killed or ended.error is None or refused or moment.step.verb == "destroy":
        return
    if after.newest == before.newest:
        what = f"{moment.step.verb} failed without a record"
        require(before.visible == after.visible, what, before.visible, after.visible)


def what_is_recorded_is_live(moment: Moment) -> None:
    """After a writing command that ended well, in the parts that it may change."""
    if not moment.good or moment.step.verb not in WRITING or moment.step.verb == "destroy":
        return
    after, record = moment.after, moment.after.released
    applied = next((row for row in after.records if row.get("infra")), None)
    if record is None:
        require(moment.step.verb.startswith("drift"), "a record", "one", after.records)
        return
    if "site" in moment.parts and record.get("site"):
        wanted = _objects(record)
        found = after.served
        if moment.before.released is None:  # what is in a bucket that the plan did not know stays
            found = {key: sha for key, sha in found.items() if key in wanted}
        require(wanted == found, "the recorded site", wanted, found)
    if "function" in moment.parts and (recorded := record.get("function")):
        wanted_function = recorded["version"], _base64(recorded["sha256"])
        require(wanted_function == after.alias, "the function", wanted_function, after.alias)
    if "infra" in moment.parts and applied is not None:
        state = live.document(moment.aws, f"terraform/{moment.step.env}.tfstate") or {}
        serial = applied["infra"]["serial"]
        require(serial == state.get("serial"), "the state's serial", serial, state.get("serial"))


def a_rollback_serves_its_target(moment: Moment) -> None:
    """Bytes and code of the release that it says it went back to."""
    if not moment.good or not moment.step.verb.startswith("rollback") or not moment.ended.outcome:
        return
    if moment.step.verb == "rollback" and not any(
        "had finished" in line for line in moment.ended.said
    ):
        before, after = moment.before, moment.after
        same = (before.served, before.alias) == (after.served, after.alias)
        require(not same, "a rollback", "something else is served", moment.after.alias)
    number = moment.ended.outcome.body["target"]
    require(number > moment.destroyed, "a rollback after a destroy", moment.destroyed, number)
    target = next((row for row in moment.after.records if row["id"] == number), None)
    if target is None:
        raise Broken(f"there is no release #{number}, which it went back to")
    if target.get("site"):  # a part that it lacks stays
        wanted = _objects(target)
        require(wanted == moment.after.served, "its site", wanted, moment.after.served)
    if target.get("function"):
        code = _base64(target["function"]["sha256"])
        require(code == moment.after.code, "its code", code, moment.after.code)


def _writes(moment: Moment) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls that may have changed something, without what they stored."""
    for call, arguments in moment.ended.sent:
        if not call.startswith(READS):
            yield call, {key: value for key, value in arguments.items() if key not in BODIES}


def _objects(record: dict[str, Any]) -> dict[str, str]:
    return {key: entry["sha256"] for key, entry in record["site"].items()}


def _base64(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()
