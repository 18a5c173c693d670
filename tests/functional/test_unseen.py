"""A machine that cannot see the site: nothing is known to be broken, and nothing is taken back."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.commands.smoke import smoke
from resumectl.smoke import suite
from resumectl.smoke.pace import Pace
from tests.functional.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from resumectl.smoke.check import Check
    from resumectl.smoke.target import Target
    from resumectl.steps.context import Context


@dataclass
class Blind(World):
    """A world whose machine runs the real smoke test, and resolves no name."""

    blind: bool = False

    @contextmanager
    def working(self, *arguments: Any, **options: Any) -> Iterator[Context]:
        with super().working(*arguments, **options) as ctx:
            yield replace(ctx, smoke=replace(ctx.smoke, run=_unresolved)) if self.blind else ctx


def _unresolved(target: Target, **options: Any) -> tuple[Check, ...]:
    hidden = replace(target, url="https://site.invalid", bucket_url="https://bucket.invalid/")
    eager = Pace(patience=0.0)
    return suite.run(hidden, **{**options, "pace": eager})


@pytest.fixture
def world(tmp_path: Path) -> Blind:
    """Two releases, seen; from now on nothing is."""
    made = Blind(tmp_path / "project")
    made.deploy()
    made.write("second", memory=128)
    made.deploy()
    made.blind = True
    return made


def newest(world: World) -> tuple[str, int | None, bool]:
    with world.working() as ctx:
        heads = ctx.releases.ledger.heads()
    assert heads.newest is not None
    return heads.newest.status, heads.newest.taken_back_to, heads.newest is heads.released


def test_a_deploy_that_nobody_saw_is_live_and_unverified(world: Blind) -> None:
    world.write("third", memory=128)
    outcome = world.deploy()
    assert outcome.error is not None
    assert (outcome.exit_code, outcome.error.code) == (4, "unseen")
    assert outcome.error.message == (
        "The site cannot be reached from here, so it was not tested:"
        " no such host: site.invalid does not resolve."
    )
    assert {check["seen"] for check in outcome.body["checks"]} == {False}
    assert newest(world) == ("unverified", None, True)
    assert "assets/third.js" in world.objects()


def test_a_rollback_that_nobody_saw_stands(world: Blind) -> None:
    outcome = world.rollback()
    assert outcome.exit_code == 4
    assert newest(world) == ("unverified", None, True)
    assert "assets/first.js" in world.objects()


def test_a_revert_that_nobody_saw_stands(world: Blind) -> None:
    bucket = next(name for name in world.aws.buckets if name.startswith("resume-prod-site"))
    world.client("s3").put_object(
        Bucket=bucket, Key="index.html", Body=b"tampered", ContentType="text/html"
    )
    outcome = world.fix()
    assert (outcome.exit_code, outcome.body["reverted"]) == (4, True)
    assert newest(world) == ("unverified", None, True)


def test_a_machine_that_sees_the_site_tests_what_another_could_not(world: Blind) -> None:
    world.write("third", memory=128)
    world.deploy()
    world.blind = False
    with world.working() as ctx:
        outcome = smoke(ctx)
    assert outcome.exit_code == 0
    assert newest(world)[0] == "unverified"
