"""A deploy that is stopped for longer than its lease, while another one wins."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from resumectl.errors import Exit
from resumectl.release.lease import LEASE
from tests.e2e.account import Account
from tests.e2e.gate import gate
from tests.e2e.project import ask, finish, wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.e2e.gate import Gate
    from tests.e2e.project import Project

PAGES = 60
UPLOAD = ("deploy", "--only", "site", "--only", "function", "--yes", "--json")


def write(project: Project, word: str) -> None:
    """Change every page and the function."""
    for number in range(PAGES):
        page = f"<!doctype html><html lang=en><title>{word}</title>"
        project.write(f"frontend/page/{number}.html", page)
    source = (project.root / "lambda_src/counter.py").read_text().split("\n# ")[0]
    project.write("lambda_src/counter.py", f"{source}\n# {word}\n")


def is_idle(pid: int) -> bool:
    """Whether all threads of a process wait, at several looks: what passed the fence was sent."""
    tasks = [task / "stat" for task in Path(f"/proc/{pid}/task").iterdir()]
    try:
        texts = [task.read_text() for _ in range(20) for task in tasks]
    except (FileNotFoundError, ProcessLookupError):  # a thread has just ended
        return False
    return {text.rpartition(")")[2].split()[0] for text in texts} == {"S"}


@contextmanager
def stopped(project: Project, request: str) -> Iterator[tuple[subprocess.Popen[str], Gate]]:
    """A deploy that is stopped at a request, for longer than its lease.

    What had passed the fence arrives when the gate is opened.
    """
    with gate(project, request) as closed:
        running = project.start(*UPLOAD)
        closed.wait(running)
        wait_until(lambda: is_idle(running.pid))
        os.kill(running.pid, signal.SIGSTOP)
        since = time.monotonic()
        try:
            wait_until(lambda: time.monotonic() > since + LEASE)
            yield running, closed
        finally:
            if running.poll() is None:
                running.kill()


def test_a_stopped_deploy_that_lost_its_lock_changes_nothing_any_more(
    project: Project,
) -> None:
    account = Account(project.client)
    last = account.release()["id"]
    write(project, "loser")
    with stopped(project, rf"PUT \S*/page/{PAGES // 2}\.html") as (running, closed):
        unlocked = project.resumectl("unlock", "--force", "--yes", "--json")
        assert "deploy" in unlocked.json["released"][0], unlocked
        write(project, "winner")
        won = project.resumectl(*UPLOAD)
        assert won.code == Exit.OK, won
        live = account.versions(account.site_bucket), account.alias()
        closed.open()
        os.kill(running.pid, signal.SIGCONT)
        lost = finish(running)
    assert (lost.code, lost.json["error"]["code"]) == (Exit.LOCKED, "lock-lost"), lost
    assert (account.versions(account.site_bucket), account.alias()) == live
    settled, winner, loser = (account.release(last + number) for number in (1, 2, 3))
    assert (settled["status"], settled["interrupted"]) == ("failed", True)
    assert (winner["status"], loser["status"], loser["lock_lost"]) == ("verified", "failed", True)
    assert {"infra", "function", "site"} & loser.keys() == set()
    assert b"winner" in ask(f"{winner['urls']['site']}page/0.html").body
    assert project.resumectl("plan", "--exit-code", "--json").json["changes"] == []
    assert project.resumectl("drift").code == Exit.OK
