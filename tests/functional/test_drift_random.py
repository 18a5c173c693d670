"""Drift of site and function without Terraform: 200 random tamperings, one at a time, on moto."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from resumectl import process, settings
from resumectl.aws import Cloud
from resumectl.cli.wiring import Wiring
from resumectl.function.record import FunctionRecord
from resumectl.progress import Silent, Steps
from resumectl.release.artifacts import Artifacts
from resumectl.steps.look import look
from tests.e2e import tampering
from tests.e2e.account import Account, zipped
from tests.functional.deployment import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from resumectl.plan import Change
    from resumectl.steps.context import Context
    from tests.e2e.project import Run

SEED, TIMES = 20_261_122, 200
CODE = zipped("def handler(event, context):\n    return {'statusCode': 200}\n")


@pytest.fixture
def ctx(project: Path, deployed: Callable[[str], Any], resumectl: Callable[..., Run]) -> Context:
    """An environment whose site and function are released."""
    for name in ("assets/style.css", "assets/deep/er/image.png", "späße & mehr.html", "empty.txt"):
        path = project / "frontend" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("" if name == "empty.txt" else f"this is {name}")
    assert resumectl("deploy", "-e", "prod", "--only", "site", "--yes", "--no-smoke").code == 0
    publish(deployed)
    loaded = settings.load(project)
    cloud, machine = Cloud(loaded.environment("prod")), process.Machine(process.current())
    ctx = Wiring(loaded, cloud, Steps(Silent()), machine).context
    scene = look(ctx)
    release = scene.heads.released
    assert release
    live = FunctionRecord.of(scene.lives["function"])
    assert live
    ctx.releases.ledger.append(replace(release, parts={**release.parts, "function": live}))
    Artifacts(ctx.releases.bucket, "function").keep(live.sha256, CODE)
    return ctx


def uploaded(ctx: Context) -> list[Change]:
    """What drifted in function and site."""
    scene = look(ctx)
    return [
        change
        for part in ctx.parts
        if part.rolls_back
        for change in part.drift(scene.heads, scene.lives[part.name], threading.Event()).changes
    ]


def publish(client: Callable[[str], Any]) -> None:
    trust = {"RoleName": "counter", "AssumeRolePolicyDocument": "{}"}
    function = {
        "FunctionName": OUTPUTS["function_name"],
        "Role": client("iam").create_role(**trust)["Role"]["Arn"],
    }
    made = client("lambda").create_function(
        **function,
        Runtime="python3.13",
        Handler="counter.handler",
        Code={"ZipFile": CODE},
        Publish=True,
    )
    client("lambda").create_alias(
        FunctionName=made["FunctionName"], Name="live", FunctionVersion=made["Version"]
    )


def test_200_random_tamperings_give_neither_a_miss_nor_a_false_alarm(
    ctx: Context, deployed: Callable[[str], Any]
) -> None:
    account, chance = Account(deployed, "prod"), random.Random(SEED)
    assert uploaded(ctx) == []
    everything = [*tampering.site(account), *tampering.function(account)]
    things = sorted({one.about for one in everything})
    for about in chance.choices(things, k=TIMES):
        one = chance.choice([one for one in everything if one.about == about])
        one.do()
        found = {(change.part, change.key, change.kind) for change in uploaded(ctx)}
        one.undo()
        assert found == ({one.expected} if one.expected else set()), one.name
    assert uploaded(ctx) == []
