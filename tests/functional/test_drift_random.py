"""Drift of site and function without Terraform: 200 random tamperings, one at a time, on moto."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from resumectl import settings
from resumectl.aws import Cloud
from resumectl.commands import drift
from resumectl.steps.context import Context
from resumectl.steps.live import function_of, look
from resumectl.steps.progress import Silent, Steps
from tests.e2e import tampering
from tests.e2e.account import Account, zipped
from tests.functional.conftest import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
    found = settings.load(project)
    made = Context(
        found, Cloud(found.environment("prod")), {}, Steps(Silent()), lambda: datetime.now(UTC)
    )
    state, release = made.deployed_state(), made.ledger.live()
    assert release
    recorded = made.ledger.append(replace(release, function=function_of(made, state).record))
    made.artifacts.keep("function", recorded.function["sha256"], CODE)
    return made


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
    assert drift.uploaded(look(ctx)) == ()
    everything = [*tampering.site(account), *tampering.function(account)]
    things = sorted({one.about for one in everything})
    for about in chance.choices(things, k=TIMES):
        one = chance.choice([one for one in everything if one.about == about])
        one.do()
        found = {(change.part, change.key, change.kind) for change in drift.uploaded(look(ctx))}
        one.undo()
        assert found == ({one.found} if one.found else set()), one.name
    assert drift.uploaded(look(ctx)) == ()
