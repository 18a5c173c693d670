"""What visitors get of a deployed project, and what its ledger says about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from resumectl.errors import Exit
from tests.e2e.account import Account
from tests.e2e.project import ask

if TYPE_CHECKING:
    from tests.e2e.project import Project

NO_TERRAFORM = {"RESUMECTL_TERRAFORM": "/nowhere/terraform", "PATH": "/usr/bin:/bin"}
BROKEN = """

_counted = handler


def handler(event, context):
    method = event["requestContext"]["http"]["method"]
    if method in METHODS:
        return {"statusCode": 500, "headers": {}, "body": "{}"}
    return _counted(event, context)
"""


class Site:
    """What visitors get, and what the ledger says about it.

    Args:
        project: a deployed project.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.account = Account(project.client)
        self.urls: dict[str, str] = self.releases()[0]["urls"]
        self.handler = (project.root / "lambda_src/counter.py").read_text()

    def edit(self, job: str, refuses: tuple[str, ...] = (), note: str = "") -> None:
        """Change the page, and the handler so that it answers these methods with 500."""
        resume = self.project.root / "frontend/resume.json"
        document = json.loads(resume.read_text())
        document["basics"]["label"] = job
        resume.write_text(json.dumps(document))
        broken = BROKEN.replace("METHODS", repr(refuses)) if refuses else ""
        self.project.write("lambda_src/counter.py", f"{self.handler}{broken}\n# {note or job}\n")

    def served(self) -> tuple[bytes, str]:
        """The page and the code that visitors get; the counter must count."""
        assert self.post() == 200
        return ask(self.urls["site"]).body, self.code()

    def post(self) -> int:
        return ask(f"{self.urls['counter']}?page=/rollback", "POST").status

    def code(self) -> str:
        functions, name = self.account["lambda"], self.account.outputs["function_name"]
        return str(
            functions.get_function_configuration(FunctionName=name, Qualifier="live")["CodeSha256"]
        )

    def releases(self) -> list[dict[str, Any]]:
        """The ledger, newest first."""
        history = self.project.resumectl("history", "-n", "50", "--json").json
        return list(history["releases"])

    def drift(self) -> list[tuple[str, str]]:
        """What differs from the live release."""
        drift = self.project.resumectl("drift", "--json")
        assert drift.code in (0, Exit.DIFFERENT), drift
        return [(change["key"], change["kind"]) for change in drift.json["changes"]]

    def differs(self) -> list[tuple[str, str]]:
        """What differs in function and site; without Terraform, which takes seconds."""
        status = self.project.resumectl("status", "--json", env=NO_TERRAFORM)
        assert status.code == 0, status
        return [(change["key"], change["kind"]) for change in status.json["drift"]]

    def everything(self) -> Any:
        """All that a refused command must leave alone; the lock is taken and released."""
        versions = self.account.versions(self.account.project_bucket)
        unlocked = [version for version in versions if "locks/" not in version[0]]
        return unlocked, self.account.versions(self.account.site_bucket), self.account.alias()
