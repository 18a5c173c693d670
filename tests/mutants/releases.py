"""Mutants of what decides about releases: retention, pruning, records, pins, locks, targets."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

ONLY = ("tests/functional/test_only.py",)
STORIES = ("tests/functional/test_stories.py",)

RETENTION = (
    Mutant(
        "release/retention.py", "len(last) < retention.keep:", "len(last) < retention.keep - 1:"
    ),
    Mutant("release/retention.py", "if release.status in _COUNTED and len(last)", "if len(last)"),
    Mutant("release/retention.py", "last.add(release.origin)", "last.add(release.id)"),
    Mutant("release/retention.py", " and release.id not in stay:", ":"),
    Mutant("release/retention.py", "only - needed.get(part, frozenset())", "only"),
    Mutant("release/retention.py", "in takewhile(_failed, releases[1:])}", "in ()}"),
    Mutant("release/retention.py", "release.taken_back_to is not None or part", "part"),
    Mutant("release/retention.py", "now - timedelta(days=retention.keep_days)", "now"),
    Mutant("release/retention.py", 'r.status != "destroyed" or', "r or"),
    Mutant("release/retention.py", "in (pinned, live, verified)", "in (live, verified)"),
    Mutant("release/retention.py", "in (pinned, live, verified)", "in (pinned, verified)"),
    Mutant("release/retention.py", "in (pinned, live, verified)", "in (pinned, live)"),
)
PRUNE = (
    Mutant("steps/prune.py", "ledger.forget(release.id)", "ledger.read(release.id)"),
    Mutant("steps/prune.py", "if failed or _may_be_old(ctx, numbers):", "if failed:"),
    Mutant("steps/prune.py", "if pin is not None and pin.release is None:", "if pin and not pin:"),
)
RECORD = (
    Mutant("steps/record.py", "with interrupts.held_back(), ctx.steps", "with ctx.steps", STORIES),
    Mutant(
        "steps/apply.py",
        'status = "verified" if self.checks else self._draft.status',
        'status = "verified"',
    ),
    Mutant("steps/apply.py", "if applied.record is not None:", "if applied.record is None:"),
    Mutant(
        "steps/apply.py",
        "record.append_failure(ctx, work.standing)",
        "record.append_failure(ctx, work._release)",
    ),
    Mutant("release/ledger.py", "body, **NEW) or", "body) or"),
    Mutant("release/ledger.py", " or self._is(number, body)", ""),
    Mutant("release/ledger.py", 'if release.status != "failed":', "if release:"),
    Mutant(
        "commands/deploy.py",
        "if heads.released is None or heads.released is not heads.newest:",
        "if heads.released is None:",
    ),
)
TAKE_BACK = (
    Mutant(
        "steps/apply.py",
        "if part.name in changed and part.rolls_back:",
        "if part.rolls_back:",
    ),
    Mutant(
        "steps/apply.py",
        " and (comparison.wanted is not None or not before[comparison.part])",
        "",
        ONLY,
    ),
    Mutant(
        "steps/apply.py",
        "work.failed(error, take_back=choices.take_back)",
        "work.failed(error, take_back=False)",
    ),
    Mutant(
        "steps/apply.py",
        "work.failed(unhealthy, take_back=choices.take_back)",
        "work.failed(unhealthy, take_back=True)",
    ),
)
KILLED = (
    Mutant("release/journal.py", "body, **NEW)", "body)"),
    Mutant("release/ledger.py", "        self.journal.close()\n", ""),
    Mutant("steps/interrupted.py", "heads.newest.id > entry.newest", "heads.newest.id < 0"),
    Mutant("steps/interrupted.py", "parts=standing, ", ""),
    Mutant("site/part.py", 'now.version_id != planned["before"]', "now"),
    Mutant("site/part.py", '            if now.fields["sha256"] == planned["sha256"]\n', ""),
    Mutant("function/part.py", "if code == digest)", "if code)"),
)
PIN = (
    Mutant(
        "commands/deploy.py",
        "None if options.force else ctx.releases.pins.read()",
        "None",
    ),
    Mutant("commands/rollback.py", "ctx.releases.pins.set(pin)", "ctx.releases.pins.read()"),
)
TARGET = (
    Mutant("release/target.py", "return own and release.status", "return release.status"),
    Mutant("release/target.py", 'own and release.status == "verified" and', "own and"),
    Mutant("release/target.py", " and release.id < live.origin", ""),
    Mutant("release/target.py", "for other in (live, *left)", "for other in (live,)"),
    Mutant("release/target.py", "for other in (live, *left)", "for other in left"),
    Mutant("release/target.py", 'if release.status == "destroyed":', "if not release:"),
    Mutant("release/target.py", "release.id > number, newest_first", "release, newest_first"),
    Mutant("commands/rollback.py", 'if release.status == "failed":', "if not release:"),
)
LOCK = (
    Mutant("release/lock.py", "            self._give_up(holder)\n", ""),
    Mutant(
        "release/lock.py", "            with interrupts.held_back():\n", "            if etag:\n"
    ),
    Mutant(
        "interrupts.py",
        "        if pressed:\n            raise KeyboardInterrupt\n        p",
        "        p",
    ),
    Mutant(
        "release/lock.py",
        "self._me.can_see(other) and not self._alive",
        "not self._alive",
    ),
    Mutant("process.py", "            other.namespace,", "            self.namespace,"),
    Mutant("process.py", "            other.boot,", "            self.boot,"),
    Mutant("process.py", "return bool(self.boot) and", "return"),
    Mutant("release/lock.py", "self._put(holder, **NEW)", "self._put(holder)"),
    Mutant("release/lock.py", "replace(holder, beat=beat), IfMatch", "holder, IfMatch"),
    Mutant(
        "release/lock.py", "self._bucket.delete(self._key, etag)", "self._bucket.delete(self._key)"
    ),
    Mutant(
        "commands/unlock.py", "if held and not (held.dead or force):", "if not (held or force):"
    ),
)
MUTANTS = (*RETENTION, *PRUNE, *RECORD, *TAKE_BACK, *KILLED, *PIN, *TARGET, *LOCK)
