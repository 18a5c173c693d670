"""A process that is killed or refused at any of its calls, and the same command again.

Both together end as one command that was left alone: nothing is lost, and nothing is left over. No
version that nobody uses, no lock, no page without what it needs, no edge that still has an old
page, no record that says other than what is live.

Each call has two points at which its process can die. One in `EVERY` of them is tried, and all of
the last `LAST`: there the record is written, old releases are pruned and the lock is given back. Of
the calls, one in `REFUSED` is refused, half as many when all later ones are, too, and a third as
many lose their response; always the last two.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.errors import ResumectlError
from resumectl.steps import drift
from resumectl.steps.compare import survey
from resumectl.steps.look import look_deployed
from tests.fakes.faults import Fault, Faults, Killed
from tests.functional.world import World, name, site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERY, LAST, REFUSED = 3, 8, 5
FURTHER = 10
"""Points by which the next kill comes later: more than it takes to read the record of the last."""
EXTRA = "extra.html"
"""What nobody released; once an interrupted revert deleted it, nothing remembers it."""


def first(world: World) -> None:
    """Before a first deploy: nothing."""


def second(world: World) -> None:
    """Before a second deploy: the first one, and changes of every part."""
    world.deploy()
    world.write("second", memory=256)


def back(world: World) -> None:
    """Before a rollback: two deploys."""
    second(world)
    world.deploy()


def drifted(world: World) -> None:
    """Before `drift --fix`: a deploy, and changes of every part by somebody else."""
    world.deploy()
    s3, functions = world.client("s3"), world.client("lambda")
    functions.update_function_configuration(FunctionName=name(), MemorySize=999)
    functions.update_alias(FunctionName=name(), Name="live", FunctionVersion="$LATEST")
    html = {"ContentType": "text/html; charset=utf-8", "CacheControl": "no-cache"}
    s3.put_object(Bucket=site(), Key="index.html", Body=b"<title>somebody else's</title>", **html)
    s3.put_object(Bucket=site(), Key=EXTRA, Body=b"<title>extra</title>", **html)
    s3.delete_object(Bucket=site(), Key="404.html")


STORIES = {
    "first-deploy": (first, "deploy"),
    "second-deploy": (second, "deploy"),
    "rollback": (back, "rollback"),
    "fix": (drifted, "fix"),
}


@dataclass
class Story:
    """What a command is run on, again and again, and how it ends when nothing goes wrong.

    Attributes:
        prepared: the world before the command.
        wanted: what is there after it.
        calls: how many calls it makes.
    """

    command: str
    prepared: World
    folders: Iterator[Path]
    wanted: dict[str, Any]
    calls: int

    def world(self) -> World:
        """A new copy of the world before the command; its edge has everything in its cache."""
        world = self.prepared.copy(next(self.folders))
        world.visit()
        return world

    def points(self, every: int) -> list[int]:
        """The points at which the process dies."""
        count = 2 * self.calls
        return sorted({*range(1, count + 1, every), *range(count - LAST + 1, count + 1)})

    def refusals(self, every: int) -> list[int]:
        """The calls that are refused."""
        return sorted({*range(1, self.calls + 1, every), self.calls - 1, self.calls})


@pytest.fixture(scope="module", params=STORIES)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    prepare, command = STORIES[request.param]
    top = tmp_path_factory.mktemp(request.param)
    folders = (top / str(number) for number in itertools.count())
    prepared = World(next(folders))
    prepare(prepared)
    world, faults = prepared.copy(next(folders)), Faults()
    assert getattr(world, command)(faults).error is None
    settled(world, command)
    return Story(command, prepared, folders, seen(world), faults.count)


def run(world: World, command: str, faults: Faults) -> ResumectlError | None:
    """Run a command in a process that is killed, or has other trouble; gives how it failed."""
    try:
        error: ResumectlError | None = getattr(world, command)(faults).error
    except ResumectlError as raised:
        return raised
    except Killed:
        return None
    return error


def test_killed_at_any_call_the_same_command_again_ends_in_the_same_place(story: Story) -> None:
    for point in story.points(EVERY):
        world = story.world()
        keys, faults = set(world.objects()) - {EXTRA}, Faults([Fault.kill(point)])
        run(world, story.command, faults)
        assert world.half_pages() == [], f"killed at {point}"
        world.visit()
        keys |= set(world.objects()) - {EXTRA}
        if not ended_well(world, story.wanted):
            assert faults.met or point > 2 * story.calls - LAST, f"not killed at {point}"
            assert getattr(world, story.command)().error is None, f"killed at {point}"
        found = seen(world)
        assert unnumbered(found) == unnumbered(story.wanted), f"killed at {point}"
        assert found["releases"] - story.wanted["releases"] in (0, 1), f"killed at {point}"
        assert world.stale(keys) == [], f"killed at {point}"
        settled(world, story.command)


def test_killed_again_and_again_it_comes_further_each_time(story: Story) -> None:
    world = story.world()
    for attempt in itertools.count(1):
        faults = Faults([Fault.kill(FURTHER * attempt)])
        run(world, story.command, faults)
        if not faults.met:
            break
    assert attempt > 5
    assert unnumbered(seen(world)) == unnumbered(story.wanted)
    settled(world, story.command)


@pytest.mark.parametrize(("code", "lasting"), [("InternalError", False), ("ExpiredToken", True)])
def test_refused_at_any_call_it_says_so_and_the_same_command_again_ends_in_the_same_place(
    story: Story, code: str, lasting: bool
) -> None:
    for call in story.refusals(2 * REFUSED if lasting else REFUSED):
        world, fault = story.world(), Fault("refuse", call, code=code, lasting=lasting)
        error = run(world, story.command, Faults([fault]))
        said = error.code if error else code
        assert code in said or said in ("credentials", "terraform", "unseen"), f"at {call}: {error}"
        if not ended_well(world, story.wanted):
            assert getattr(world, story.command)().error is None, f"refused at {call}"
        assert unnumbered(seen(world)) == unnumbered(story.wanted), f"refused at {call}"
        settled(world, story.command)


@pytest.mark.parametrize("kind", ["repeat", "lose"])
def test_a_lost_response_at_any_call_changes_nothing_of_how_it_ends(
    story: Story, kind: Any
) -> None:
    """`repeat`: boto3 sends the request again; `lose`: it gives up."""
    for call in story.refusals(3 * REFUSED):
        world = story.world()
        run(world, story.command, Faults([Fault(kind, call)]))
        if not ended_well(world, story.wanted):
            assert getattr(world, story.command)().error is None, f"lost at {call}"
        assert unnumbered(seen(world)) == unnumbered(story.wanted), f"lost at {call}"
        settled(world, story.command)


def unnumbered(found: dict[str, Any]) -> dict[str, Any]:
    """Without the attempts that failed and were recorded as failed."""
    return {**found, "releases": None}


def ended_well(world: World, wanted: dict[str, Any]) -> bool:
    """Whether it died after its last write, which gives the lock back: it is done."""
    if not world.aws.buckets:
        return False
    releases = world.context().releases.ledger.newest_first()
    ended = [release for release in releases if release.status != "failed"]
    return len(ended) == len(wanted["released"]) and not world.stored("locks/")


def seen(world: World) -> dict[str, Any]:
    """All that makes two worlds the same."""
    function, ctx = world.function(), world.context()
    releases = list(ctx.releases.ledger.newest_first())
    released = [release for release in releases if release.status != "failed"]
    live = function.at("live")
    pin = ctx.releases.pins.read()
    parts: list[Any] = [release.parts for release in released]
    return {
        "objects": world.objects(),
        "code": live["CodeSha256"],
        "memory": live["MemorySize"],
        "versions nobody needs": function.versions.keys()
        - {row["function"].version for row in parts},
        "releases": len(releases),
        "released": [
            (release.kind, release.rollback_of, row["function"].sha256, row["site"].objects.keys())
            for release, row in zip(released, parts, strict=True)
        ],
        "recorded": parts[0]["function"].version == live["Version"],
        "pin": pin and pin.release,
        "locks": [key for key in world.stored() if "lock" in key],
        "resources": sorted(resources(world)),
    }


def resources(world: World) -> Iterator[str]:
    from resumectl.infra import state

    read = state.read(world.context().releases.bucket)
    return (resource.address for resource in read.resources) if read else iter(())


def settled(world: World, command: str) -> None:
    """Nothing has drifted, and nothing is left to do but what was rolled back."""
    ctx = world.context()
    assert drift.find(ctx, look_deployed(ctx)).plan.changes == ()
    if command != "rollback":
        found = survey(ctx)
        assert found.plan.changes == ()
        infra: Any = found.comparisons[0]
        assert infra.changed is False
