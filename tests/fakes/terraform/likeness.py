"""One story that the fake Terraform and the real one must tell alike: plans, drift, refusals.

Each chapter gives something to compare: the actions of a plan by address, what drifted, which
resources a state knows, or how a command failed. Messages are compared by the words in which
Terraform says what is wrong.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from resumectl.errors import TerraformError
from resumectl.infra.runner import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BUCKET, KEY = "likeness-of-terraform", "terraform/prod.tfstate"
LOGS, TABLE = "aws_cloudwatch_log_group.counter", "aws_dynamodb_table.counter"
SITE, VERSIONING = "aws_s3_bucket.site", "aws_s3_bucket_versioning.site"
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

    def plan(self, mode: str = "apply", targets: tuple[str, ...] = ()) -> tuple[Any, Any]:
        """A runner with a saved plan, and its actions by address."""
        runner = self.runner()
        changed = runner.plan(self.variables, mode, Watch(), targets)
        rows = {row["address"]: row["change"] for row in runner.show().get("resource_changes", ())}
        actions = {key: rows[key]["actions"] for key in sorted(rows)}
        return runner, (
            changed,
            {key: actions[key] for key in actions if actions[key] != ["no-op"]},
        )

    def apply(self, targets: tuple[str, ...] = ()) -> Any:
        runner, actions = self.plan(targets=targets)
        return actions, attempt(lambda: runner.apply(Watch()))

    def drift(self) -> list[str]:
        """The addresses of what changed behind Terraform's back, with the attributes that did."""
        runner = self.runner()
        runner.plan(self.variables, "refresh-only", Watch())
        return sorted(
            f"{row['address']} {row['change']['actions']}"
            for row in runner.show().get("resource_drift", ())
            if _differs(row["change"])
        )

    def state(self) -> dict[str, Any]:
        body = self.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
        document: dict[str, Any] = json.loads(body)
        return document

    def put_state(self, **changes: Any) -> None:
        body = json.dumps({**self.state(), **changes}).encode()
        self.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=body)

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


def _differs(change: dict[str, Any]) -> bool:
    """Empty values in other forms are no difference, as `resumectl.infra.snapshot` sees it."""
    before, after = change["before"], change["after"]
    if before is None or after is None:
        return True
    return any((before.get(key) or None) != (after.get(key) or None) for key in {*before, *after})


def story(stage: Stage) -> Iterator[tuple[str, Any]]:
    """Tell it; gives the name and outcome of each chapter."""
    stage.write(days=30)
    yield "a target", stage.apply(targets=(VERSIONING,))
    yield "what a target left in the state", stage.known()
    yield "the rest", stage.apply()
    yield "nothing to do", stage.plan()[1]
    yield "the state", (stage.known(), stage.state()["version"])

    stage.client("logs").put_retention_policy(logGroupName="/likeness/counter", retentionInDays=7)
    stage.client("dynamodb").delete_table(TableName="likeness")
    yield "what was changed, and what was deleted", stage.drift()
    yield "is put back, and made again", stage.apply()

    yield from _refusals(stage)
    yield from _commands(stage)
    runner, actions = stage.plan("destroy")
    yield "destroy", (actions, attempt(lambda: runner.apply(Watch())))
    yield "nothing is left", stage.known()


def _refusals(stage: Stage) -> Iterator[tuple[str, Any]]:
    stage.write(days=60)
    runner, actions = stage.plan()
    stage.put_state(serial=stage.state()["serial"] + 5)
    yield "a stale plan", (actions, attempt(lambda: runner.apply(Watch())))
    s3 = stage.client("s3")
    info = {"ID": "1", "Operation": "OperationTypeApply", "Who": "kim@elsewhere", "Version": "1"}
    body = json.dumps({**info, "Created": "2026-11-27T10:00:00Z", "Path": "x"}).encode()
    s3.put_object(Bucket=BUCKET, Key=f"{KEY}.tflock", Body=body)
    runner, actions = stage.plan()
    yield "a locked state", (actions, attempt(lambda: runner.apply(Watch())))
    s3.delete_object(Bucket=BUCKET, Key=f"{KEY}.tflock")
    yield "an update", stage.apply()
    saved = stage.state()
    rows = [row for row in saved["resources"] if row["type"] != "aws_dynamodb_table"]
    stage.put_state(resources=rows)
    yield "a resource that the state does not know", stage.apply()
    blocks = {"import": [{"to": TABLE, "id": "likeness"}]}
    imports = stage.folder / "resumectl.imports.tf.json"
    imports.write_text(json.dumps(blocks))
    yield "is imported", stage.apply()
    imports.unlink()


def _commands(stage: Stage) -> Iterator[tuple[str, Any]]:
    def run(*arguments: str) -> list[str]:
        return attempt(lambda: stage.runner().command(*arguments))

    yield "untaint what is not tainted", run("untaint", "-lock=false", TABLE)
    rows = stage.state()["resources"]
    for row in rows:
        if row["type"] == "aws_s3_bucket":
            row["instances"][0]["status"] = "tainted"
    stage.put_state(resources=rows)
    yield "a tainted resource is replaced", stage.plan()[1]
    yield "untaint", run("untaint", "-lock=false", SITE)
    pushed = stage.folder / "pushed.json"
    for name, change in (("serial", {"serial": 0}), ("lineage", {"lineage": "another"})):
        pushed.write_text(json.dumps({**stage.state(), **change}))
        yield f"push another {name}", run("state", "push", "-lock=false", str(pushed))
    serial = stage.state()["serial"] + 3
    pushed.write_text(json.dumps({**stage.state(), "serial": serial}))
    outcome = run("state", "push", "-lock=false", str(pushed))
    yield "push a newer one", (outcome, stage.state()["serial"] - serial)
    pushed.write_text(json.dumps({**stage.state(), "outputs": {}, "resources": []}))
    yield "push another one with this serial", run("state", "push", "-lock=false", str(pushed))
    yield "forget", (run("state", "rm", LOGS), stage.known())
    yield "forget it again", run("state", "rm", LOGS)
    yield "import", (run("import", f"-var-file={_variables(stage)}", LOGS, "/likeness/counter"),)
    yield "import it again", run("import", f"-var-file={_variables(stage)}", LOGS, "/likeness/x")
    saved = stage.state()
    pushed.write_text(json.dumps(saved))
    stage.client("s3").delete_object(Bucket=BUCKET, Key=KEY)
    outcome = run("state", "push", "-lock=false", str(pushed))
    now = stage.state()
    yield "push where there is none", (outcome, now["lineage"] == saved["lineage"], now["serial"])
    yield "all of it is there", stage.known()


def _variables(stage: Stage) -> str:
    file = stage.folder / "import.tfvars.json"
    file.write_text(json.dumps(stage.variables))
    return str(file)
