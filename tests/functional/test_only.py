"""Shown is done, and done is recorded: for every choice of parts, nothing else is touched."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.commands import deploy, destroy, drift
from resumectl.errors import Refused
from tests.functional.world import PROJECT, World, name, site, state

if TYPE_CHECKING:
    from pathlib import Path

    from resumectl.plan import Plan
    from resumectl.release.record import Release

PARTS = ("infra", "function", "site")
CHOICES = [only for size in (1, 2, 3) for only in itertools.combinations(PARTS, size)]
SETTINGS = "aws_lambda_function.counter"


@dataclass
class Asked:
    """Keeps what it is shown, and agrees unless it is to refuse."""

    refuses: bool = False
    plans: list[Plan] = field(default_factory=list)

    def __call__(self, plan: Plan) -> None:
        self.plans.append(plan)
        if self.refuses:
            raise Refused("No.")

    def name(self, wanted: str, why: str) -> None:
        """Agree."""

    @property
    def shown(self) -> set[tuple[str, str]]:
        return {(change.part, change.key) for plan in self.plans for change in plan.changes}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A release, and then changes of every part and of the function's settings."""
    made = World(tmp_path / "project")
    made.deploy()
    made.write("second", memory=256)
    return made


def run(world: World, only: tuple[str, ...], **options: Any) -> tuple[Asked, dict[str, Any]]:
    asked = Asked()
    with world.working() as ctx:
        outcome = deploy.deploy(ctx, deploy.Options(only=only, **options), asked)
    return asked, dict(outcome.body)


def drifted(world: World) -> list[Any]:
    with world.working() as ctx:
        return list(drift.drift(ctx).body["changes"])


def newest(world: World) -> Release:
    release = world.context().releases.ledger.heads().newest
    assert release
    return release


def code(world: World) -> str:
    """The word of the code behind the alias; zips are not deflated."""
    function = world.function()
    zipped = function.zips[function.at("live")["CodeSha256"]]
    return next(word for word in ("first", "second", "hotfix") if f"'{word}'".encode() in zipped)


def memory(world: World) -> tuple[int, int]:
    """Of the function's settings, and of the version behind the alias."""
    return world.function().settings["MemorySize"], world.function().at("live")["MemorySize"]


def page(world: World) -> bytes:
    return world.objects()["index.html"][0]


def live_version(world: World) -> str:
    return str(world.function().at("live")["Version"])


# --- deployed


@pytest.mark.parametrize("only", CHOICES, ids="+".join)
def test_what_is_shown_is_done_and_recorded_and_nothing_else(
    world: World, only: tuple[str, ...]
) -> None:
    before = live_version(world)
    asked, body = run(world, only)
    parts = {part for part, _ in asked.shown}
    follows = {"function"} if "infra" in only else set()  # its new settings reach the alias
    assert parts == {*only} | follows
    assert {(row["part"], row["key"]) for row in body["changes"]} == asked.shown

    # done
    assert code(world) == ("second" if "function" in only else "first")
    assert memory(world)[0] == (256 if "infra" in only else 128)
    assert (live_version(world) != before) is ("function" in parts)
    assert (b"second" in page(world)) is ("site" in only)

    # recorded
    release = newest(world)
    record = release.parts["function"].as_json()
    assert record["version"] == live_version(world)
    assert record["settings"]["memory_mb"] == memory(world)[1] == memory(world)[0]
    assert {*release.changes} == parts
    assert drifted(world) == []

    # and the rest is what is left to deploy
    rest, _ = run(world, ())
    followed = {"function"} if "infra" not in only else set()
    assert {part for part, _ in rest.shown} == {*PARTS} - {*only} | followed
    assert (code(world), memory(world), b"second" in page(world)) == ("second", (256, 256), True)
    assert drifted(world) == []


# --- taken back


def hotfix(world: World) -> str:
    """Somebody publishes other code by hand, and uploads another page and retention."""
    functions = world.client("lambda")
    zipped = world.function().zips[world.function().code_sha256].replace(b"'first'", b"'hotfix'")
    functions.update_function_code(FunctionName=name(), ZipFile=zipped)
    version = functions.publish_version(FunctionName=name())["Version"]
    functions.update_alias(FunctionName=name(), Name="live", FunctionVersion=version)
    html = {"ContentType": "text/html; charset=utf-8", "CacheControl": "no-cache"}
    by_hand = b'<!doctype html><html lang="en"><title>by hand</title>'
    world.client("s3").put_object(Bucket=site(), Key="404.html", Body=by_hand, **html)
    return str(version)


@pytest.mark.parametrize("only", CHOICES, ids="+".join)
def test_a_failed_deploy_takes_back_only_what_it_changed(
    world: World, only: tuple[str, ...]
) -> None:
    version = hotfix(world)
    world.broken = 1
    asked, body = run(world, only)
    assert body["release"]["status"] == "failed"
    parts = {part for part, _ in asked.shown}
    by_hand = b"by hand" in world.objects()["404.html"][0]
    assert code(world) == ("first" if "function" in only else "hotfix")
    assert (live_version(world) == version) is ("function" not in parts)
    assert by_hand is ("site" not in only)
    assert b"second" not in page(world)
    assert memory(world)[0] == (256 if "infra" in only else 128)


# --- destroyed


def writes(world: World, since: int) -> list[str]:
    """The writes since then; those of the lock are left out."""
    reads = ("get_", "list_", "head_", "describe_")
    calls = world.aws.journal[since:]
    return [
        f"{call.name} {call.arguments.get('Key', '')}"
        for call in calls
        if not call.name.startswith(reads) and "locks/" not in call.arguments.get("Key", "")
    ]


def test_a_destroy_that_is_refused_has_changed_nothing(world: World) -> None:
    stored, began = world.bucket.find(state()).body, len(world.aws.journal)
    asked = Asked(refuses=True)
    with world.working() as ctx, pytest.raises(Refused):
        destroy.destroy(ctx, asked)
    assert asked.shown
    assert writes(world, began) == []
    assert world.bucket.find(state()).body == stored


def test_a_destroy_deletes_exactly_what_it_showed(world: World) -> None:
    """Also a resource that the state lost; somebody else's stay."""
    document = json.loads(world.bucket.find(state()).body or b"")
    known = {f"{block['type']}.{block['name']}" for block in document["resources"]}
    rows = [row for row in document["resources"] if row["type"] != "aws_dynamodb_table"]
    body = json.dumps({**document, "serial": document["serial"] + 1, "resources": rows})
    world.client("s3").put_object(Bucket=PROJECT, Key=state(), Body=body.encode())
    tables = world.client("dynamodb")
    tables.create_table(TableName="somebody-elses")
    asked = Asked()
    with world.working() as ctx:
        outcome = destroy.destroy(ctx, asked)
    assert outcome.error is None
    assert asked.shown == {("infra", address) for address in known}
    assert tables.list_tables()["TableNames"] == ["somebody-elses"]
    assert site() not in world.aws.buckets
