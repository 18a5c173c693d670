"""The embedded cloud for real: a small site with a counter in it survives whatever happens to the process."""

from __future__ import annotations

import http.client
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.backoff import Backoff
from resumectl.errors import ResumectlError
from resumectl.local import folder, launch, ports
from resumectl.local.emulator import Emulator, Running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("ministack")

REGION, BUCKET, PAGE = "eu-west-2", "site", "blog/index.html"
SOON = Backoff(60, first=0.02)
HANDLER = """
    import boto3, json
    table = boto3.client("dynamodb")
    def handler(event, context):
        found = table.update_item(
            TableName="visits", Key={"page": {"S": "/"}}, UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}}, ReturnValues="UPDATED_NEW")
        return {"statusCode": 200, "body": json.dumps({"count": int(found["Attributes"]["n"]["N"])})}
"""
INDEX = b"""
    function handler(event) {
        if (event.request.uri.endsWith('/')) event.request.uri += 'index.html';
        return event.request;
    }
"""
EVERY_METHOD = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Site:
    """A bucket, a table, a function, an API and a distribution in front, made with plain calls."""

    running: Running
    label: str

    @classmethod
    def build(cls, running: Running) -> Site:
        s3, cdn = client(running, "s3"), client(running, "cloudfront")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for body in (b"old", b"new"):
            s3.put_object(
                Bucket=BUCKET, Key=PAGE, Body=body, ContentType="text/html", CacheControl="no-cache"
            )
        made = cdn.create_function(
            Name="index",
            FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"},
            FunctionCode=INDEX,
        )
        cdn.publish_function(Name="index", IfMatch=made["ETag"])
        access = cdn.create_origin_access_control(
            OriginAccessControlConfig={
                "Name": "site",
                "SigningProtocol": "sigv4",
                "SigningBehavior": "always",
                "OriginAccessControlOriginType": "s3",
            }
        )["OriginAccessControl"]["Id"]
        function = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
        config = _distribution(running, _api(running), access, function)
        distribution = cdn.create_distribution(DistributionConfig=config)["Distribution"]
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(_only_from(distribution["ARN"])))
        return cls(running, distribution["DomainName"].split(".")[0])

    def get(self, path: str, method: str = "GET") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=30)
        host = f"{self.label}.cloudfront.localhost:{self.running.port}"
        connection.request(method, path, headers={"Host": host})
        response = connection.getresponse()
        return response.status, response.read()

    def count(self) -> Any:
        return json.loads(self.get("/api/count", "POST")[1])["count"]

    def versions(self) -> list[tuple[str, bool]]:
        listed = client(self.running, "s3").list_object_versions(Bucket=BUCKET)["Versions"]
        return [(version["VersionId"], version["IsLatest"]) for version in listed]


def client(running: Running, service: str) -> Any:
    import boto3

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, region_name=REGION, endpoint_url=running.endpoint, **keys)


def _api(running: Running) -> str:
    iam, functions, apis = (client(running, name) for name in ("iam", "lambda", "apigatewayv2"))
    client(running, "dynamodb").create_table(
        TableName="visits",
        KeySchema=[{"AttributeName": "page", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "page", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = iam.create_role(RoleName="counter", AssumeRolePolicyDocument=_policy(trust))["Role"][
        "Arn"
    ]
    allow = {"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": "*"}
    iam.put_role_policy(RoleName="counter", PolicyName="count", PolicyDocument=_policy(allow))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("counter.py", textwrap.dedent(HANDLER))
    functions.create_function(
        FunctionName="counter",
        Runtime="python3.13",
        Role=role,
        Handler="counter.handler",
        Code={"ZipFile": zipped.getvalue()},
        Publish=True,
        Timeout=20,
    )
    alias = functions.create_alias(FunctionName="counter", Name="live", FunctionVersion="1")[
        "AliasArn"
    ]
    api: str = apis.create_api(Name="counter", ProtocolType="HTTP")["ApiId"]
    target = apis.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=alias, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    apis.create_route(ApiId=api, RouteKey="ANY /api/count", Target=f"integrations/{target}")
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return api


def _distribution(running: Running, api: str, access: str, function: str) -> dict[str, Any]:
    bucket = {
        "Id": "site",
        "DomainName": f"{BUCKET}.s3.{REGION}.amazonaws.com",
        "OriginAccessControlId": access,
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    counter = {
        "Id": "api",
        "DomainName": "127.0.0.1",
        "OriginPath": f"/_aws/execute-api/{api}/$default",
        "CustomOriginConfig": {
            "HTTPPort": running.port,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "http-only",
        },
    }
    pages = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "FunctionAssociations": _items({"EventType": "viewer-request", "FunctionARN": function}),
    }
    calls = {
        "PathPattern": "/api/*",
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "AllowedMethods": {**_items(*EVERY_METHOD), "CachedMethods": _items("GET", "HEAD")},
    }
    return {
        "CallerReference": "test",
        "Comment": "",
        "Enabled": True,
        "Origins": _items(bucket, counter),
        "DefaultCacheBehavior": pages,
        "CacheBehaviors": _items(calls),
    }


def _items(*items: Any) -> dict[str, Any]:
    return {"Quantity": len(items), "Items": list(items)}


def _only_from(distribution: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Callable[..., Emulator]]:
    made: list[Emulator] = []

    def make(name: str = "project", port: int | None = None) -> Emulator:
        made.append(Emulator(tmp_path / name / ".resumectl" / "local", port))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def _group(pid: int) -> list[str]:
    """The processes that live in the group of the embedded cloud."""
    listed = subprocess.run(
        ["ps", "-eo", "pgid,stat,args"], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    return [row[2] for row in rows if row[0] == str(pid) and not row[1].startswith("Z")]


def test_a_stop_and_a_start_lose_nothing(
    emulator: Callable[..., Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    cloud = emulator()
    running = cloud.start()
    monkeypatch.undo()
    site = Site.build(running)
    assert (site.get("/blog/"), site.count(), site.count()) == ((200, b"new"), 1, 2)
    versions = site.versions()
    assert len(_group(running.pid)) >= 2, "the function has a process of its own"
    assert cloud.stop()
    assert SOON.until(lambda: _group(running.pid) == []), "and no process is left"

    again = cloud.start()
    assert (again.port, again.notes) == (running.port, ())
    assert (site.get("/blog/"), site.count(), site.versions()) == ((200, b"new"), 3, versions)
    assert {"s3", "dynamodb", "lambda", "cloudfront", "apigateway", "iam"} <= set(
        cloud.status().services
    )
    assert cloud.reset()
    assert cloud.status().data_bytes == 0


def test_a_kill_loses_nothing_that_is_a_second_old(emulator: Callable[..., Emulator]) -> None:
    cloud = emulator()
    running = cloud.start()
    site = Site.build(running)
    before = folder.saved_at(cloud.state_dir) or 0.0
    assert site.count() == 1
    versions = site.versions()
    table = cloud.state_dir / folder.STATE / "dynamodb.json"
    assert SOON.until(
        lambda: (
            (folder.saved_at(cloud.state_dir) or 0.0) > before and '"N": "1"' in table.read_text()
        )
    )
    os.kill(running.pid, signal.SIGKILL)
    assert SOON.until(lambda: cloud.status().state == "crashed")
    error = cloud.explain_if_down()
    assert error is not None
    assert "crashed" in error.message
    assert SOON.until(lambda: _group(running.pid) == []), "its children end by themselves"

    again = cloud.start()
    assert again.started
    assert "was not stopped cleanly" in again.notes[0]
    assert (site.get("/blog/"), site.count(), site.versions()) == ((200, b"new"), 2, versions)


def test_two_projects_side_by_side(emulator: Callable[..., Emulator]) -> None:
    one, two = emulator("one").start(), emulator("two").start()
    assert one.port != two.port
    client(one, "s3").create_bucket(
        Bucket="mine", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    assert client(two, "s3").list_buckets()["Buckets"] == []
    with pytest.raises(
        ResumectlError, match=f"Port {one.port} is in use by the embedded cloud of .*/one/"
    ):
        emulator("three", one.port).start()


def test_a_port_taken_by_another_program(emulator: Callable[..., Emulator], tmp_path: Path) -> None:
    with ports.open_free(tmp_path) as taken:
        cloud = emulator(port=taken.getsockname()[1])
        with pytest.raises(ResumectlError, match="in use by another program"):
            cloud.start()
    assert cloud.start().started


def test_commands_that_start_it_at_the_same_time(emulator: Callable[..., Emulator]) -> None:
    cloud = emulator()
    code = (
        "import sys; from pathlib import Path; from resumectl.local.emulator import Emulator;"
        "run = Emulator(Path(sys.argv[1])).start(); print(run.started, run.pid)"
    )
    root = str(Path(launch.__file__).parents[2])
    command = [sys.executable, "-c", code, str(cloud.state_dir)]
    starts = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(3)
    ]
    said = [start.communicate(timeout=60)[0].split() for start in starts]
    assert sorted(started for started, _ in said) == ["False", "False", "True"]
    assert len({pid for _, pid in said}) == 1


def test_it_ends_with_its_folder(emulator: Callable[..., Emulator]) -> None:
    cloud = emulator()
    running = cloud.start()
    client(running, "s3").create_bucket(
        Bucket="mine", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    shutil.rmtree(cloud.state_dir)
    assert SOON.until(lambda: _group(running.pid) == [])
    assert not (cloud.state_dir / folder.STATE).exists(), "nothing is written back"
    assert client(cloud.start(), "s3").list_buckets()["Buckets"] == []


def test_it_listens_on_this_machine_only_and_not_to_pages(
    emulator: Callable[..., Emulator],
) -> None:
    running = emulator().start()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.request("POST", "/_ministack/reset", headers={"Origin": "https://evil.example"})
    assert connection.getresponse().status == 403
    listed = Path(f"/proc/{running.pid}/net/tcp")
    if not listed.exists():
        pytest.skip("no /proc here")
    rows = [line.split() for line in listed.read_text().splitlines()[1:]]
    listening = {
        row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in _sockets(running.pid)
    }
    assert listening == {"0100007F"}


def _sockets(pid: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            found.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    return found


def test_pages_need_no_node(
    emulator: Callable[..., Emulator], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("quickjs")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    site = Site.build(emulator().start())
    assert site.get("/blog/") == (200, b"new")
    failures: list[tuple[int, bytes]] = []
    threads = [
        threading.Thread(target=lambda: failures.append(site.get("/blog/"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(failures) == {(200, b"new")}
