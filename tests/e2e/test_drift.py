"""Drift finds and names every change made outside resumectl, and nothing else.

The tests run in order: each leaves the environment as it is released.
"""

from __future__ import annotations

import json
import random
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from resumectl import settings
from resumectl.aws import Cloud
from resumectl.errors import Exit
from resumectl.steps import drift
from resumectl.steps.look import look_deployed
from tests.e2e.account import Account, zipped
from tests.e2e.inside import context
from tests.e2e.project import ROOT, ask
from tests.e2e.tampering import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from resumectl.plan import Change
    from tests.e2e.project import Project, Run
    from tests.e2e.tampering import Tampering

    Look = Callable[..., drift.Drifted]

pytestmark = pytest.mark.usefixtures("first")

LONG = "public, max-age=0, s-maxage=3600, must-revalidate"
OTHERS = (
    "alias ",
    "attached-policy ",
    "authorizer ",
    "bucket ",
    "event-source ",
    "instance-profile ",
    "invoke-config ",
    "metric-filter ",
    "monitoring ",
    "recursion ",
    "role-policy ",
    "route ",
    "stage ",
    "statement ",
    "subscription-filter ",
    "table-",
    "aws_cloudfront_f",
)
SEED, ROUNDS, AT_ONCE = 20_261_122, 4, 50


class Reader(Cloud):
    """The embedded cloud, with the keys of a user who may only read."""

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
    environment = settings.load(project.root).environment("local")

    def run(cloud: type[Cloud] = Cloud) -> drift.Drifted:
        opened = cloud(environment, account["s3"].meta.endpoint_url)
        ctx = context(project, opened)
        return drift.find(ctx, look_deployed(ctx))

    return run


def named(changes: Iterable[Change]) -> set[tuple[str, str, str | None]]:
    return {(change.part, change.key, change.kind) for change in changes}


def shown(run: Run) -> set[tuple[str, str, str]]:
    return {(change["part"], change["key"], change["kind"]) for change in run.json["changes"]}


def read_actions() -> list[str]:
    """The actions that docs/permissions.md lists for reading."""
    text = (ROOT / "docs/permissions.md").read_text()
    first, second = text.index("## Buckets and the function"), text.index("To read (R, D, X):")
    rows = [row.split("|") for row in text[first:second].splitlines() if row.startswith("|")]
    cells = [row[1] for row in rows if row[3].strip() == "✓"]
    cells += [row.split("|")[2] for row in text[second:].split("\n\n")[1].splitlines()]
    return [action for cell in cells for action in re.findall(r"`([a-z0-9]+:[A-Za-z]+)`", cell)]


@pytest.fixture(scope="module")
def reader(project: Project, account: Account) -> type[Reader]:
    """A user with only those permissions."""
    iam = account["iam"]
    iam.create_user(UserName="reader")
    allow = {"Effect": "Allow", "Action": read_actions(), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName="reader", PolicyName="look", PolicyDocument=document)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    keys = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    cloud = type("Reader", (Reader,), {"keys": keys})
    opened = cloud(
        settings.load(project.root).environment("local"), account["s3"].meta.endpoint_url
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        opened.client("s3").put_object(Bucket=account.project_bucket, Key="locks/local.json")
    return cloud


def spoil(account: Account) -> set[tuple[str, str, str]]:
    """Change something of each kind; returns part, key and kind of what drift must find."""
    others = [one for one in catalogue(account) if one.expected and one.name.startswith(OTHERS)]
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
        *(one.expected for one in others if one.expected),
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


def test_a_reader_sees_every_kind_and_a_revert_undoes_them_all(
    project: Project, account: Account, look: Look, reader: type[Reader], first: Run
) -> None:
    released, spoiled = ask(first.json["urls"]["site"]).body, spoil(account)
    project.write("frontend/new.html", "<!doctype html><title>New</title>")
    project.edit("lambda_src/counter.py", "no-store", "no-cache")
    project.edit("terraform/variables.tf", "default     = 20", "default     = 21")
    buckets = (account.project_bucket, account.site_bucket)
    before = [account.versions(bucket) for bucket in buckets]

    assert named(look(reader).plan.changes) == spoiled
    assert [account.versions(bucket) for bucket in buckets] == before, "looking writes nothing"

    reverted = project.resumectl("drift", "--fix", "--yes", "--json")
    assert (reverted.code, reverted.json["reverted"], shown(reverted)) == (0, True, spoiled), (
        reverted
    )
    changes = {change["key"]: change for change in reverted.json["changes"]}
    values = {key: change["values"] for key, change in changes.items()}
    assert values["robots.txt"]["cache_control"] == {"from": LONG, "to": "max-age=5"}
    assert values["aws_lambda_function.counter"]["memory_size"] == {"from": 128, "to": 512}
    dated = {key for key, change in changes.items() if change["since"]}
    assert dated >= {"$LATEST", "aws_lambda_function.counter", "index.html", "robots.txt"}
    assert account.release(reverted.json["release"])["revert_of"] == 1
    assert ask(first.json["urls"]["site"]).body == released


def some(chance: random.Random, everything: list[Tampering]) -> list[Tampering]:
    """Some of them, in any order, no two about the same thing."""
    things = chance.sample(sorted({one.about for one in everything}), AT_ONCE)
    return [chance.choice([one for one in everything if one.about == about]) for about in things]


def test_a_secret_in_the_environment_is_found_reverted_and_never_shown(
    project: Project, account: Account
) -> None:
    client, name = account["lambda"], account.outputs["function_name"]
    before = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    secret = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
    variables = {**before, "STRIPE_KEY": secret}
    client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    summary = project.root.parent / "summary.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    lines = ("drift -v", "drift --fix --yes --json")
    runs = [project.resumectl(*line.split(), env=github) for line in lines]
    assert [run.code for run in runs] == [Exit.DIFFERENT, Exit.OK], runs
    assert all("STRIPE_KEY" in run.out for run in runs)
    written = [*(run.out + run.err for run in runs), summary.read_text()]
    assert [text for text in written if secret in text] == []
    after = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    assert after == before


def test_200_random_changes_give_neither_a_miss_nor_a_false_alarm(
    project: Project, account: Account, look: Look
) -> None:
    chance, everything = random.Random(SEED), catalogue(account)
    for number in range(ROUNDS):
        changes = some(chance, everything)
        for one in changes:
            one.do()
        survey = named(look().plan.changes)
        for one in reversed(changes):
            one.undo()
        assert survey == {one.expected for one in changes if one.expected}, (
            f"round {number}: {[one.name for one in changes]}"
        )
    undone = project.resumectl("drift", "--json").json
    assert (undone["exit_code"], undone["changes"]) == (Exit.OK, [])
