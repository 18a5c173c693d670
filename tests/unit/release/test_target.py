from __future__ import annotations

import pytest

from resumectl.release.target import destroyed_since, previous
from tests.fakes.records import Served, release

PARTS = ("function", "site")


def history(*rows):
    """Releases, the newest first, from `(how it ended, what it serves, what it goes back to)`."""
    releases = []
    for number, row in enumerate(rows, 1):
        how, content, *of = row.split()
        status, kind = HOW[how]
        parts = {part: Served({part: word}) for part, word in zip(PARTS, content, strict=False)}
        parts |= {"infra": Served({"infra": str(number)})}
        goes = {"rollback": "rollback_of", "revert": "revert_of"}
        more = {goes[kind]: int(of[0])} if of else {}
        releases.append(release(number, status, kind=kind, parts=parts, **more))
    return releases[::-1]


HOW = {
    "ok": ("verified", "deploy"),
    "untested": ("unverified", "deploy"),
    "failed": ("failed", "deploy"),
    "back": ("verified", "rollback"),
    "halfway": ("failed", "rollback"),
    "fix": ("verified", "revert"),
    "gone": ("destroyed", "destroy"),
}
TARGETS = [
    # how each ended, what function and site it serves, and which release it serves again
    ([], None),
    (["ok aa"], None),
    (["ok aa", "ok bb"], 1),
    (["ok aa", "ok bb", "ok cc"], 2),
    # one part is enough to differ
    (["ok aa", "ok ab"], 1),
    (["ok aa", "ok ba"], 1),
    # only infrastructure changed, once or more
    (["ok aa", "ok aa"], None),
    (["ok aa", "ok bb", "ok bb"], 1),
    (["ok aa", "ok bb", "ok bb", "ok bb"], 1),
    (["ok aa", "ok aa", "ok bb"], 2),
    # what was not tested, or failed
    (["ok aa", "untested bb", "ok cc"], 1),
    (["ok aa", "untested bb"], 1),
    (["ok aa", "failed -", "ok cc"], 1),
    (["untested aa", "ok bb"], None),
    # rollbacks, one after the other
    (["ok aa", "ok bb", "back aa 1"], None),
    (["ok aa", "ok bb", "ok cc", "back bb 2"], 1),
    (["ok aa", "ok bb", "ok cc", "back bb 2", "back aa 1"], None),
    (["ok aa", "ok bb", "ok cc", "back aa 1"], None),
    # rollback, unpin, deploy: the same tree again, another one, the old one
    (["ok aa", "ok bb", "back aa 1", "ok bb"], 1),
    (["ok aa", "ok bb", "back aa 1", "ok cc"], 1),
    (["ok aa", "ok bb", "back aa 1", "ok aa"], None),
    (["ok aa", "ok bb", "ok cc", "back bb 2", "ok dd"], 2),
    # what was left stays left, however often
    (["ok aa", "ok bb", "back aa 1", "ok cc", "back aa 1", "ok dd"], 1),
    (["ok aa", "ok bb", "back aa 1", "ok bb", "ok cc"], 4),
    (["ok aa", "ok bb", "back aa 1", "ok bb", "back aa 1", "ok cc"], 1),
    # only infrastructure changed, and then it was left: what that served is left as well
    (["ok aa", "ok bb", "ok bb", "back aa 1", "ok cc"], 1),
    # a rollback that failed has left, too; it is repeated
    (["ok aa", "ok bb", "halfway - 1"], 1),
    (["ok aa", "ok bb", "halfway - 1", "ok cc"], 1),
    (["ok aa", "ok bb", "halfway - 1", "halfway - 1"], 1),
    # a release that was rolled forward to was not fled from
    (["ok aa", "ok bb", "back aa 1", "back bb 2"], 1),
    (["ok aa", "ok bb", "ok cc", "back aa 1", "back cc 3"], 2),
    # reverts serve another release again
    (["ok aa", "ok bb", "fix bb 2"], 1),
    (["ok aa", "ok bb", "fix bb 2", "ok cc"], 2),
    (["ok aa", "ok bb", "fix bb 2", "back aa 1", "ok cc"], 1),
    (["ok aa", "ok bb", "back aa 1", "fix aa 1"], None),
    # nothing of what was before is there any more
    (["ok aa", "gone -", "ok bb"], None),
    (["ok aa", "ok bb", "gone -"], None),
    (["ok aa", "gone -", "ok bb", "ok cc"], 3),
    # a part that a release lacks would stay, and counts for nothing
    (["ok a", "ok bb"], 1),
    (["ok a", "ok ab"], None),
    (["ok -", "ok bb"], 1),
]


@pytest.mark.parametrize(("rows", "target"), TARGETS)
def test_the_target_is_the_last_that_would_change_something(rows, target):
    found = previous(history(*rows), PARTS, left_in_place=False)
    assert (found and found.id) == target


@pytest.mark.parametrize(
    ("rows", "target"),
    [
        (["ok aa", "ok bb", "failed -"], 2),
        (["ok aa", "ok bb", "back aa 1", "failed -"], 3),
        (["ok aa", "untested bb", "failed -"], 1),
        (["failed -"], None),
    ],
)
def test_after_a_failed_deploy_that_was_left_in_place_it_is_the_live_release(rows, target):
    found = previous(history(*rows), PARTS, left_in_place=True)
    assert (found and found.id) == target


def test_no_record_is_read_after_the_target():
    rows = iter(history("ok aa", "ok bb", "ok cc"))
    assert previous(rows, PARTS, left_in_place=False).id == 2
    assert [each.id for each in rows] == [1]


@pytest.mark.parametrize(("number", "gone"), [(1, 4), (2, 4), (3, 4), (4, None), (5, None)])
def test_what_came_before_the_last_destroy_is_gone(number, gone):
    rows = history("ok aa", "gone -", "ok bb", "gone -", "ok cc", "failed -")
    found = destroyed_since(rows, number)
    assert (found and found.id) == gone
