"""Drift for real: everything that others change is found and named, nothing else is, looking changes nothing."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from resumectl.steps.progress import Silent, Steps

from resumectl import settings
from resumectl.aws import Cloud
from resumectl.commands import drift
from resumectl.errors import Exit
from resumectl.steps.context import Context
from tests.e2e.account import Account, zipped
from tests.e2e.project import ROOT, ask
from tests.e2e.tampering import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from resumectl.plan import Change
    from tests.e2e.project import Project, Run
    from tests.e2e.tampering import Tampering

    Look = Callable[..., drift.Drift]

pytestmark = pytest.mark.usefixtures("first")

LONG = "public, max-age=0, s-maxage=3600, must-revalidate"
OTHERS = (
    "alias ",
    "attached-policy ",
    "bucket ",
    "role-policy ",
    "route ",
    "stage ",
    "statement ",
    "aws_cloudfront_f",
)
SEED, ROUNDS, AT_ONCE = 20_261_122, 5, 40


class Reader(Cloud):
    """The same cloud with keys of somebody who may only look."""

    keys: Mapping[str, str]

    def environ(self, inherited: Mapping[str, str]) -> dict[str, str]:
        return {**super().environ(inherited), **self.keys}

    @cached_property
    def _session(self) -> Any:
        import boto3

        id_, secret = self.keys.values()
        return boto3.Session(
            aws_access_key_id=id_, aws_secret_access_key=secret, region_name=self.region
        )


@pytest.fixture(scope="module")
def account(project: Project, first: Run) -> Account:
    return Account(project.client)


@pytest.fixture(scope="module")
def look(project: Project, account: Account) -> Look:
    """Looks for drift as the command does, in this process."""
    found = settings.load(project.root)
    environment = found.environment("local")

    def run(cloud: type[Cloud] = Cloud) -> drift.Drift:
        made = cloud(environment, account["s3"].meta.endpoint_url)
        return drift.find(
            Context(found, made, project.environ, Steps(Silent()), lambda: datetime.now(UTC))
        )

    return run


def named(changes: Iterable[Change]) -> set[tuple[str, str, str | None]]:
    return {(change.part, change.key, change.kind) for change in changes}


def shown(run: Run) -> set[tuple[str, str, str]]:
    return {(change["part"], change["key"], change["kind"]) for change in run.json["changes"]}


def may_look() -> list[str]:
    """What docs/permissions.md says that looking needs."""
    text = (ROOT / "docs/permissions.md").read_text()
    first, second = text.index("## Buckets and the function"), text.index("To look (R, D, X):")
    rows = [row.split("|") for row in text[first:second].splitlines() if row.startswith("|")]
    cells = [row[1] for row in rows if row[3].strip() == "✓"]
    cells += [row.split("|")[2] for row in text[second:].split("\n\n")[1].splitlines()]
    return [action for cell in cells for action in re.findall(r"`([a-z0-9]+:[A-Za-z]+)`", cell)]


def reader(account: Account) -> type[Reader]:
    """Somebody who may do just that."""
    iam = account["iam"]
    iam.create_user(UserName="reader")
    allow = {"Effect": "Allow", "Action": may_look(), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName="reader", PolicyName="look", PolicyDocument=document)
    made = iam.create_access_key(UserName="reader")["AccessKey"]
    keys = {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
    }
    return type("Reader", (Reader,), {"keys": keys})


@pytest.fixture(scope="module")
def somebody(project: Project, account: Account) -> type[Reader]:
    """Somebody who may only look."""
    made = reader(account)
    cloud = made(settings.load(project.root).environment("local"), account["s3"].meta.endpoint_url)
    with pytest.raises(ClientError, match="AccessDenied"):
        cloud.client("s3").put_object(Bucket=account.project_bucket, Key="locks/local.json")
    return made


def spoil(account: Account) -> set[tuple[str, str, str]]:
    """Some of each kind; gives what must be found."""
    others = [one for one in catalogue(account) if one.found and one.about.startswith(OTHERS)]
    s3, functions, name = account["s3"], account["lambda"], account.outputs["function_name"]
    page, text = (
        {"Bucket": account.site_bucket, "Key": key} for key in ("index.html", "robots.txt")
    )
    s3.put_object(
        **page,
        Body=b"<h1>other</h1>",
        ContentType="text/html; charset=utf-8",
        CacheControl="no-cache",
    )
    s3.copy_object(
        **text,
        CopySource=text,
        MetadataDirective="REPLACE",
        ContentType="text/plain",
        CacheControl="max-age=5",
    )
    s3.delete_object(Bucket=account.site_bucket, Key="favicon.svg")
    s3.put_object(Bucket=account.site_bucket, Key="evil.html", Body=b"x")
    functions.update_function_code(FunctionName=name, ZipFile=zipped())
    functions.update_function_configuration(FunctionName=name, MemorySize=512)
    table = account.resource("aws_dynamodb_table")["arn"]
    account["dynamodb"].tag_resource(ResourceArn=table, Tags=[{"Key": "Project", "Value": "other"}])
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    opened = dict.fromkeys(names, False)
    s3.put_public_access_block(Bucket=account.site_bucket, PublicAccessBlockConfiguration=opened)
    route = account.resource("aws_apigatewayv2_route")["id"]
    account["apigatewayv2"].delete_route(ApiId=account.outputs["api_id"], RouteId=route)
    for one in others:
        one.do()
    return {
        *(one.found for one in others if one.found),
        ("site", "index.html", "object"),
        ("site", "robots.txt", "headers"),
        ("site", "favicon.svg", "deleted"),
        ("site", "evil.html", "unmanaged"),
        ("function", "$LATEST", "code"),
        ("infra", "aws_lambda_function.counter", "changed"),
        ("infra", "aws_dynamodb_table.counter", "changed"),
        ("infra", "aws_s3_bucket_public_access_block.site", "changed"),
        ("infra", "aws_apigatewayv2_route.all", "deleted"),
    }


def test_nothing_drifted_after_a_deploy(project: Project) -> None:
    found = project.resumectl("drift", "--json")
    assert (found.code, found.json["changes"], found.json["release"]) == (0, [], 1), found
    assert set(found.json["pending"].values()) == {0}


def test_every_kind_is_named_and_nothing_is_written_and_then_put_back(
    project: Project, account: Account, look: Look, somebody: type[Reader], first: Run
) -> None:
    released, spoiled = ask(first.json["urls"]["site"]).body, spoil(account)
    project.write("frontend/new.html", "<!doctype html><title>New</title>")
    project.edit("lambda_src/counter.py", "no-store", "no-cache")
    project.edit("terraform/variables.tf", "default     = 20", "default     = 21")
    before = account.versions(account.project_bucket), account.versions(account.site_bucket)

    found = project.resumectl("drift", "--json")
    assert (found.code, shown(found)) == (Exit.DIFFERENT, spoiled), found
    assert found.json["pending"] == {"infra": 1, "function": 1, "site": 1}
    values = {change["key"]: change["values"] for change in found.json["changes"]}
    assert values["robots.txt"]["cache_control"] == {"from": LONG, "to": "max-age=5"}
    assert values["aws_lambda_function.counter"]["memory_size"] == {"from": 128, "to": 512}
    assert all(
        change["since"]
        for change in found.json["changes"]
        if change["kind"] in ("object", "headers")
    )
    told = {change["key"] for change in found.json["changes"] if change["since"]}
    assert told >= {"$LATEST", "aws_lambda_function.counter"}
    assert named(look(somebody).plan.changes) == spoiled, "to look is enough"
    assert (
        account.versions(account.project_bucket),
        account.versions(account.site_bucket),
    ) == before

    fixed = project.resumectl("drift", "--fix", "--yes", "--json")
    assert (fixed.code, fixed.json["fixed"], shown(fixed)) == (0, True, spoiled), fixed
    assert account.release(fixed.json["release"])["repair_of"] == 1
    again = project.resumectl("drift", "--json")
    assert (again.code, again.json["changes"], again.json["release"]) == (
        0,
        [],
        fixed.json["release"],
    )
    assert again.json["pending"] == {"infra": 1, "function": 1, "site": 1}, (
        "nothing of the worktree went live"
    )
    assert ask(first.json["urls"]["site"]).body == released
    project.git("checkout", "--quiet", ".")
    project.git("clean", "--quiet", "--force")


def some(chance: random.Random, everything: list[Tampering]) -> list[Tampering]:
    """Some of them, in any order, no two about the same thing."""
    things = chance.sample(sorted({one.about for one in everything}), AT_ONCE)
    return [chance.choice([one for one in everything if one.about == about]) for about in things]


def test_200_random_tamperings_give_neither_a_miss_nor_a_false_alarm(
    account: Account, look: Look
) -> None:
    chance, everything = random.Random(SEED), catalogue(account)
    for number in range(ROUNDS):
        done = some(chance, everything)
        for one in done:
            one.do()
        found = named(look().plan.changes)
        for one in reversed(done):
            one.undo()
        assert found == {one.found for one in done if one.found}, (
            f"round {number}: {[one.name for one in done]}"
        )
    assert named(look().plan.changes) == set()
