"""What people do by hand, past resumectl, to a part of an environment or to what remembers it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.functional.world import PROJECT, name, site, state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.functional.world import World

    Tampering = Callable[[World, str], Any]

HTML = {"ContentType": "text/html; charset=utf-8", "CacheControl": "no-cache"}


def _memory(world: World, env: str) -> None:
    world.client("lambda").update_function_configuration(FunctionName=name(env), MemorySize=999)


def _secret(world: World, env: str) -> None:
    world.client("lambda").update_function_configuration(
        FunctionName=name(env), Environment={"Variables": {"STRIPE_KEY": SECRET}}
    )


SECRET = "sk_live_canary_51H8"


def _hot_fix(world: World, env: str) -> None:
    """Other code, published, and the alias moved to it."""
    client = world.client("lambda")
    client.update_function_code(FunctionName=name(env), ZipFile=b"hot fix", Publish=False)
    version = client.publish_version(FunctionName=name(env))["Version"]
    client.update_alias(FunctionName=name(env), Name="live", FunctionVersion=version)


def _alias(world: World, env: str) -> None:
    world.client("lambda").update_alias(
        FunctionName=name(env), Name="live", FunctionVersion="$LATEST"
    )


def _page(world: World, env: str) -> None:
    body = b"<title>by hand</title>"
    world.client("s3").put_object(Bucket=site(env), Key="index.html", Body=body, **HTML)


def _extra(world: World, env: str) -> None:
    body = b"<title>extra</title>"
    world.client("s3").put_object(Bucket=site(env), Key="extra.html", Body=body, **HTML)


def _gone(world: World, env: str) -> None:
    world.client("s3").delete_object(Bucket=site(env), Key="about.html")


def _log_group(world: World, env: str) -> None:
    world.client("logs").put_retention_policy(
        logGroupName=f"/aws/lambda/{name(env)}", retentionInDays=7
    )


def _state_rm(world: World, env: str) -> None:
    """`terraform state rm` of the alias."""
    s3 = world.client("s3")
    document = json.loads(s3.get_object(Bucket=PROJECT, Key=state(env))["Body"].read())
    kept = [row for row in document["resources"] if row["type"] != "aws_lambda_alias"]
    changed = {**document, "resources": kept, "serial": document["serial"] + 1}
    s3.put_object(Bucket=PROJECT, Key=state(env), Body=json.dumps(changed).encode())


def _lost_state(world: World, env: str) -> None:
    world.client("s3").delete_object(Bucket=PROJECT, Key=state(env))


def _corrupt_state(world: World, env: str) -> None:
    world.client("s3").put_object(Bucket=PROJECT, Key=state(env), Body=b'{"serial": ')


def _lock_garbage(world: World, env: str) -> None:
    world.client("s3").put_object(Bucket=PROJECT, Key=f"locks/{env}.json", Body=b'{"id": "')


TAMPERINGS: Mapping[str, Tampering] = {
    "set the memory by hand": _memory,
    "set a secret variable by hand": _secret,
    "hot-fix the alias by hand": _hot_fix,
    "point the alias at $LATEST by hand": _alias,
    "upload another index.html by hand": _page,
    "upload extra.html by hand": _extra,
    "delete about.html by hand": _gone,
    "set the log retention by hand": _log_group,
    "terraform state rm aws_lambda_alias.live": _state_rm,
    "delete Terraform's state": _lost_state,
    "corrupt Terraform's state": _corrupt_state,
    "leave half a lock": _lock_garbage,
}
