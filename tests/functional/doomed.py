"""A project and its AWS in memory, in which a process can be killed at every call that it makes.

S3 is moto's; Lambda and CloudFront are fakes; Terraform is a fake that makes a bucket, a function and its alias, saves
its state from time to time and takes its own lock, as the real one does. The process is killed before or after call n:
from then on none of its calls gets through, whichever thread makes it; what it would write at its end is not written.
"""

from __future__ import annotations

import getpass
import json
import re
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from resumectl import settings
from resumectl.errors import TerraformError
from resumectl.infra import existing, runs
from resumectl.infra.part import Planned
from resumectl.operations import deploy, rollback
from resumectl.operations.context import Context
from resumectl.operations.steps import Silent, Steps
from resumectl.smoke.check import Check
from tests.unit.function.conftest import FakeLambda, aws_error

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT, REGION = "123456789012", "eu-west-2"
NAME, SITE, DISTRIBUTION = "resume-prod-counter", f"resume-prod-site-{ACCOUNT}", "E1"
PROJECT = f"resume-resumectl-{ACCOUNT}-{REGION}"
STATE, STATE_LOCK = "terraform/prod.tfstate", "terraform/prod.tfstate.tflock"
OURS = {"Project": "resume", "Environment": "prod", "ManagedBy": "resumectl"}
OUTPUTS = {
    "site_url": "https://d1.cloudfront.net",
    "counter_url": "https://d1.cloudfront.net/api/count",
    "site_bucket": SITE,
    "distribution_id": DISTRIBUTION,
    "function_name": NAME,
    "function_alias": "live",
    "api_id": "a1",
}
TOML = '[project]\nname = "resume"\n\n[env.prod]\nregion = "eu-west-2"\n'
PAGE = '<!doctype html><html lang="en"><title>{0}</title><script src="/assets/{0}.js"></script>'


class Killed(BaseException):
    """The process is no more. Nothing but a test catches it."""


class Fuse:
    """Counts the calls of a process, two for each: before it is sent, and after it was carried out.

    Args:
        at: the count at which the process dies; None for never.
    """

    def __init__(self, at: int | None = None) -> None:
        self.at, self.count, self.burnt = at, 0, False
        self._lock = threading.Lock()

    def step(self) -> None:
        with self._lock:
            self.count += 1
            self.burnt = self.burnt or self.count == self.at
            if self.burnt:
                raise Killed


class Fused:
    """A client whose every call burns down the fuse."""

    def __init__(self, client: Any, fuse: Fuse, account: Account) -> None:
        self._client, self._fuse, self._account = client, fuse, account

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name in ("meta", "exceptions"):
            return found
        if name == "get_paginator":
            return lambda operation: SimpleNamespace(paginate=lambda **given: self._pages(found(operation), given))
        return lambda *positional, **given: self._call(found, positional, given)

    def _call(self, operation: Any, positional: Any, given: Any) -> Any:
        self._fuse.step()
        answer = operation(*positional, **given)
        self._account.note(operation.__name__, given)
        self._fuse.step()
        if isinstance(answer, dict) and "LastModified" in answer:  # moto sends no date
            headers = answer["ResponseMetadata"]["HTTPHeaders"]
            headers.setdefault("date", format_datetime(answer["LastModified"], usegmt=False))
        return answer

    def _pages(self, paginator: Any, given: Any) -> Any:
        for page in paginator.paginate(**given):
            self._fuse.step()
            yield page


class Functions(FakeLambda):
    """Lambda before and after Terraform has made the function."""

    def make(self, code: bytes) -> None:
        assert self.latest is None, "ResourceConflictException: the function exists"
        self.latest = self._made(code)

    def make_alias(self) -> None:
        assert self.alias is None, "ResourceConflictException: the alias exists"
        self.move("$LATEST")

    def get_function(self, FunctionName):
        if self.latest is None:
            raise aws_error("ResourceNotFoundException")
        return {"Tags": OURS}


class Edges:
    """CloudFront: which paths it was told to forget, and how many objects had been written by then."""

    def __init__(self, writes: list[str]) -> None:
        self.told: list[tuple[int, list[str]]] = []
        self._writes = writes

    def create_invalidation(self, DistributionId, InvalidationBatch):
        self.told.append((len(self._writes), InvalidationBatch["Paths"]["Items"]))
        return {"Invalidation": {"Id": str(len(self.told))}}

    def get_waiter(self, name):
        return SimpleNamespace(wait=lambda **given: None)


class Account:
    """What is in AWS: it survives every process."""

    def __init__(self, s3: Any) -> None:
        self.writes: list[str] = []
        self.s3, self.functions, self.edges = s3, Functions(code=None), Edges(self.writes)

    def client(self, service: str) -> Any:
        return {"s3": self.s3, "lambda": self.functions, "cloudfront": self.edges}[service]

    def note(self, operation: str, given: dict[str, Any]) -> None:
        """Keep the order in which objects of the site were written."""
        if given.get("Bucket") == SITE and operation in ("put_object", "copy_object", "delete_objects"):
            deleted = [item["Key"] for item in given.get("Delete", {}).get("Objects", ())]
            self.writes.extend(deleted or [given["Key"]])

    def objects(self) -> dict[str, tuple[bytes, str, str]]:
        """What visitors get, by key."""
        found = {}
        for item in self.s3.list_objects_v2(Bucket=SITE).get("Contents", ()):
            got = self.s3.get_object(Bucket=SITE, Key=item["Key"])
            found[item["Key"]] = (got["Body"].read(), got["ContentType"], got.get("CacheControl", ""))
        return found

    def keys(self, prefix: str = "") -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=PROJECT, Prefix=prefix).get("Contents", ())]


@dataclass(frozen=True)
class FakeCloud:
    """The account as one process sees it."""

    environment: Any
    account: Account
    fuse: Fuse
    endpoint: str | None = None
    region: str = REGION
    account_id: str = ACCOUNT

    def client(self, service: str, region: str | None = None) -> Any:
        return Fused(self.account.client(service), self.fuse, self.account)


class DoomedContext(Context):
    """A process's context: its Terraform is the fake one."""

    def infra_of(self, of: Any) -> Any:
        return FakeTerraform(self, of)


class FakeTerraform:
    """Terraform for three resources and one setting, the function's memory."""

    def __init__(self, ctx: Context, module: Any) -> None:
        self._ctx, self._directory, self._s3 = ctx, module.directory, ctx.s3
        self._account = ctx.cloud.account

    def plan(self, watch, mode="apply", targets=()):
        known, wanted, imports = self._known(), self._wanted(), self._imports()
        if mode == "refresh-only":
            return Planned(changed=False)
        self._plan = {
            address: fields for address, fields in wanted.items() if known.get(address, {}).get("fields") != fields
        }
        seen = {address: known[address]["fields"] for address in self._plan if address in known}
        seen |= {address: wanted[address] for address in imports}
        shown = {address: fields for address, fields in self._plan.items() if seen.get(address) != fields}
        before = {address: seen[address] for address in shown if address in seen}
        if not shown and self._read()["outputs"].keys() != OUTPUTS.keys():
            shown = {f"output.{name}": {"value": value} for name, value in OUTPUTS.items()}
        return Planned(bool(self._plan or shown), before, shown, len(imports))

    def apply(self, watch):
        run = runs.folder(self._ctx.work)
        run.mkdir(parents=True, exist_ok=True)
        runs.begin(run)
        (run / runs.LOG).write_text("")
        self._lock()
        known, imports = self._known(), self._imports()
        for address, fields in self._plan.items():
            if address not in known and address not in imports:
                self._make(address)
            if address == "aws_lambda_function.counter":
                self._account.functions.configure(MemorySize=fields["memory_size"])
            known[address] = {"fields": fields}
            if address != "aws_lambda_function.counter":  # it does not save after each
                self._save(known, {})
        self._save(known, OUTPUTS)
        self._s3.delete_object(Bucket=PROJECT, Key=STATE_LOCK)
        runs.end(run)

    def command(self, *arguments):
        raise AssertionError(arguments)

    def _lock(self) -> None:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        who = f"{getpass.getuser()}@{socket.gethostname()}"
        body = json.dumps({"ID": "1", "Operation": "OperationTypeApply", "Who": who, "Created": now}).encode()
        try:
            self._s3.put_object(Bucket=PROJECT, Key=STATE_LOCK, Body=body, IfNoneMatch="*")
        except self._s3.exceptions.ClientError as error:
            raise TerraformError("Error acquiring the state lock") from error

    def _make(self, address: str) -> None:
        """Fails when it exists, as AWS does."""
        self._ctx.cloud.fuse.step()
        if address == "aws_s3_bucket.site":
            self._account.s3.create_bucket(Bucket=SITE, CreateBucketConfiguration={"LocationConstraint": REGION})
            self._account.s3.put_bucket_versioning(Bucket=SITE, VersioningConfiguration={"Status": "Enabled"})
        elif address == "aws_lambda_function.counter":
            self._account.functions.make((self._ctx.work / "function.zip").read_bytes())
        else:
            self._account.functions.make_alias()
        self._ctx.cloud.fuse.step()

    def _read(self) -> dict[str, Any]:
        try:
            return json.loads(self._s3.get_object(Bucket=PROJECT, Key=STATE)["Body"].read())
        except self._s3.exceptions.NoSuchKey:
            return {"serial": 0, "outputs": {}, "resources": []}

    def _known(self) -> dict[str, Any]:
        found = self._read()["resources"]
        return {f"{block['type']}.{block['name']}": block["instances"][0]["attributes"] for block in found}

    def _save(self, known: dict[str, Any], outputs: dict[str, str]) -> None:
        serial = self._read()["serial"] + 1
        resources = [
            {"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": attributes}]}
            for address, attributes in known.items()
            for kind, _, name in [address.partition(".")]
        ]
        shown = {name: {"value": value} for name, value in outputs.items()}
        document = {"version": 4, "serial": serial, "lineage": "l", "outputs": shown, "resources": resources}
        self._s3.put_object(Bucket=PROJECT, Key=STATE, Body=json.dumps(document).encode())

    def _imports(self) -> set[str]:
        file = self._directory / existing.FILE
        return {block["to"] for block in json.loads(file.read_text())["import"]} if file.exists() else set()

    def _wanted(self) -> dict[str, Any]:
        memory = int(re.search(r"memory_size = (\d+)", (self._directory / "counter.tf").read_text())[1])
        return {
            "aws_s3_bucket.site": {"bucket": SITE},
            "aws_lambda_function.counter": {"function_name": NAME, "memory_size": memory},
            "aws_lambda_alias.live": {"function_name": NAME, "name": "live"},
        }


class World:
    """A project on the disk, its account, and one process after the other that works on it."""

    def __init__(self, root: Path, s3: Any) -> None:
        self.root, self.account, self.notes = root, Account(s3), []
        (root / "terraform").mkdir(parents=True)
        (root / "lambda_src").mkdir()
        (root / settings.FILE).write_text(TOML)
        self.write("first", memory=128)
        self.settings = settings.load(root)

    def write(self, word: str, memory: int) -> None:
        """Another site, another function, another setting."""
        site = self.root / "frontend"
        (site / "assets").mkdir(parents=True, exist_ok=True)
        for old in (site / "assets").iterdir():
            old.unlink()
        (site / "assets" / f"{word}.js").write_text(f"'{word}'")
        for page in ("index.html", "about.html", "404.html"):
            (site / page).write_text(PAGE.format(word))
        (self.root / "lambda_src" / "counter.py").write_text(f"def handler(event, context):\n    return '{word}'\n")
        (self.root / "terraform" / "counter.tf").write_text(f"memory_size = {memory}\n")

    def context(self, fuse: Fuse | None = None) -> DoomedContext:
        cloud = FakeCloud(self.settings.environment("prod"), self.account, fuse or Fuse())
        progress = Silent()
        progress.note = self.notes.append
        return DoomedContext(self.settings, cloud, {}, Steps(progress), lambda: datetime.now(UTC))

    def deploy(self, fuse: Fuse | None = None) -> Any:
        return deploy.deploy(self.context(fuse), deploy.Options(), lambda plan: None)

    def rollback(self, fuse: Fuse | None = None) -> Any:
        return rollback.rollback(self.context(fuse), rollback.Options(), lambda plan: None)

    def check(self, target: Any, **given: Any) -> tuple[Check, ...]:
        """The front door: every page is what it should be and finds its assets, and the counter answers."""
        served = {key: body for key, (body, _, _) in self.account.objects().items()}
        whole = target.pages.keys() == served.keys() and not self.half_pages()
        return (Check("page", whole, "", 0.0), Check("counter", self.account.functions.alias is not None, "", 0.0))

    def half_pages(self) -> list[str]:
        """Pages that are served without what they need."""
        served = {key: body.decode() for key, (body, _, _) in self.account.objects().items()}
        needs = {key: re.findall(r'src="/(.*?)"', text) for key, text in served.items() if key.endswith(".html")}
        return [key for key, assets in needs.items() if not set(assets) <= served.keys()]
