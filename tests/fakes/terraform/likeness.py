"""One story that the fake Terraform and the real one must tell alike: plans, drift, refusals.

Each chapter gives something to compare: the actions of a plan by address, what drifted, which
resources a state knows, or how a command failed. Messages are compared by the words in which
Terraform says what is wrong.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from resumectl.errors import TerraformError
from resumectl.infra import snapshot
from resumectl.infra.runner import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BUCKET, KEY = "likeness-of-terraform", "terraform/prod.tfstate"
SITE, TABLE = "aws_s3_bucket.site", "aws_dynamodb_table.counter"
MODULE = """
resource "aws_s3_bucket" "site" {
  bucket        = "likeness-site"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "site" {
  bucket = aws_s3_bucket.site.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_cloudwatch_log_group" "counter" {
  name              = "/likeness/counter"
  retention_in_days = DAYS
}

resource "aws_dynamodb_table" "counter" {
  name                        = "likeness"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "page"
  deletion_protection_enabled = false

  attribute {
    name = "page"
    type = "S"
  }
}
"""
PHRASES = (
    *("is stale", "state lock", "already exists", "already managed", "non-existent"),
    *("cannot import state with serial", "cannot import state with lineage", "not currently"),
    *("cannot overwrite existing state", "No matching objects found", "No such resource instance"),
    *("already exist", "ResourceInUse", "AlreadyOwnedByYou"),
)


class Stage:
    """A module, an account, and a Terraform.

    Args:
        folder: where the module is.
        runner: makes a Terraform for it, initialized.
        client: clients of the account.
        variables: the values of the module's variables.
    """

    def __init__(
        self,
        folder: Path,
        runner: Callable[[], Any],
        client: Callable[[str], Any],
        variables: dict[str, Any],
    ) -> None:
        self.folder, self.runner, self.client, self.variables = folder, runner, client, variables

    def write(self, days: int) -> None:
        (self.folder / "main.tf").write_text(MODULE.replace("DAYS", str(days)))

    def planned(self) -> Any:
        """A Terraform with a saved plan."""
        runner = self.runner()
        runner.plan(self.variables, "apply", Watch())
        return runner

    def shown(self, runner: Any) -> tuple[dict[str, Any], list[str]]:
        """What a saved plan would do by address, and what drifted as resumectl reads it."""
        document = runner.show()
        rows = {row["address"]: row["change"] for row in document["resource_changes"]}
        actions = {key: [*rows[key]["actions"], "importing" in rows[key]] for key in sorted(rows)}
        return actions, sorted(snapshot.drift(document)[0])

    def retention(self) -> int:
        groups = self.client("logs").describe_log_groups(logGroupNamePrefix="/likeness/counter")
        days: int = groups["logGroups"][0]["retentionInDays"]
        return days

    def command(self, *arguments: str) -> list[str]:
        return attempt(lambda: self.runner().command(*arguments))

    def state(self) -> dict[str, Any]:
        body = self.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
        document: dict[str, Any] = json.loads(body)
        return document

    def put_state(self, **changes: Any) -> None:
        body = json.dumps({**self.state(), **changes}).encode()
        self.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=body)

    def forget(self, kind: str) -> None:
        """Let the state know nothing of this kind of resource."""
        self.put_state(resources=[row for row in self.state()["resources"] if row["type"] != kind])

    def taint(self, kind: str) -> None:
        rows = self.state()["resources"]
        for row in rows:
            if row["type"] == kind:
                row["instances"][0]["status"] = "tainted"
        self.put_state(resources=rows)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Somebody else holds the state."""
        s3, info = self.client("s3"), {"ID": "1", "Operation": "OperationTypeApply", "Version": "1"}
        info |= {"Who": "kim@elsewhere", "Created": "2026-11-27T10:00:00Z", "Path": "x"}
        s3.put_object(Bucket=BUCKET, Key=f"{KEY}.tflock", Body=json.dumps(info).encode())
        yield
        s3.delete_object(Bucket=BUCKET, Key=f"{KEY}.tflock")

    def known(self) -> list[str]:
        rows = self.state()["resources"]
        return sorted(f"{row['type']}.{row['name']}" for row in rows)


def attempt(call: Callable[[], Any]) -> list[str]:
    """The phrases of Terraform's error; none when the call succeeds."""
    try:
        call()
    except TerraformError as error:
        said = " ".join(str(error).split())
        return [phrase for phrase in PHRASES if phrase in said] or [said[:200]]
    return []


def story(stage: Stage) -> Iterator[tuple[str, Any]]:
    """Tell it; gives the name and outcome of each chapter.

    Each command of the real Terraform costs a second or two of CPU, so a plan shows several things
    at once, and one saved plan is refused for several reasons.
    """
    stage.write(days=30)
    runner = stage.planned()
    yield "everything is made", attempt(lambda: runner.apply(Watch()))
    yield "the state", (stage.known(), stage.state()["version"])

    stage.client("logs").put_retention_policy(logGroupName="/likeness/counter", retentionInDays=7)
    stage.forget("aws_dynamodb_table")
    runner = stage.planned()
    yield "changed, and unknown to the state", stage.shown(runner)
    with stage.locked():
        yield "a locked state", attempt(lambda: runner.apply(Watch()))
    yield "what exists cannot be made", attempt(lambda: runner.apply(Watch()))
    yield "what else was planned is done", (stage.known(), stage.retention())
    yield "a stale plan", attempt(lambda: runner.apply(Watch()))

    blocks = {"import": [{"to": TABLE, "id": "likeness"}]}
    (stage.folder / "resumectl.imports.tf.json").write_text(json.dumps(blocks))
    stage.taint("aws_s3_bucket")
    yield "imported, and tainted", stage.shown(stage.planned())
    yield "untaint", stage.command("untaint", "-lock=false", SITE)
    yield "untaint what is not tainted", stage.command("untaint", "-lock=false", SITE)
    yield from _pushes(stage)


def _pushes(stage: Stage) -> Iterator[tuple[str, Any]]:
    pushed = stage.folder / "pushed.json"

    def push(**changes: Any) -> list[str]:
        pushed.write_text(json.dumps({**stage.state(), **changes}))
        return stage.command("state", "push", "-lock=false", str(pushed))

    yield "push an older one", push(serial=0)
    yield "push another lineage", push(lineage="another")
    serial = stage.state()["serial"] + 3
    yield "push a newer one", (push(serial=serial), stage.state()["serial"] - serial)
    yield "push another one with this serial", push(outputs={}, resources=[])
    saved = stage.state()
    pushed.write_text(json.dumps(saved))
    stage.client("s3").delete_object(Bucket=BUCKET, Key=KEY)
    outcome = stage.command("state", "push", "-lock=false", str(pushed))
    now = stage.state()
    yield "push where there is none", (outcome, now["lineage"] == saved["lineage"], now["serial"])
    yield "all of it is there", stage.known()
