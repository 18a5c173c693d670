"""Somebody else in the same account: another project of our name, and things under our names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from resumectl import settings
from tests.driver import live
from tests.driver.writer import require
from tests.functional.world import ACCOUNT, PROJECT, REGION, name, site, state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.driver.checkout import Checkout
    from tests.fakes.aws.world import Aws
    from tests.functional.world import World

OURS, THEIRS = '"1f2e3d4c"', '"9a8b7c6d"'
"""The ids of the two projects, as `resumectl.toml` has them."""
NOBODYS = "999999999999"
"""Another account, in which somebody takes the name of a bucket."""


def another_project(checkout: Checkout) -> None:
    """Make it the checkout of another project, which has the same name."""
    file = checkout.root / settings.FILE
    file.write_text(file.read_text().replace(OURS, THEIRS))


def owner(aws: Aws) -> str | None:
    """The id of the project to which the project bucket belongs."""
    claim = live.document(aws, "project.json") if PROJECT in aws.buckets else None
    return f'"{claim["id"]}"' if claim else None


def _bucket(world: World, env: str, account: str = ACCOUNT) -> None:
    s3 = world.machine.start(world.aws, account, REGION).client("s3")
    place = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket=site(env), CreateBucketConfiguration=place)
    s3.put_object(Bucket=site(env), Key="index.html", Body=b"theirs")


def _taken(world: World, env: str) -> None:
    _bucket(world, env, NOBODYS)


def _role(world: World, env: str) -> None:
    iam = world.client("iam")
    iam.create_role(RoleName=name(env), AssumeRolePolicyDocument='{"Statement": []}')


def _logs(world: World, env: str) -> None:
    world.client("logs").create_log_group(logGroupName=_group(env))


def _group(env: str) -> str:
    return f"/aws/lambda/{name(env)}"


MAKES: Mapping[str, Callable[[World, str], None]] = {
    "a stranger makes the site's bucket": _bucket,
    "another account makes the site's bucket": _taken,
    "a stranger makes the role": _role,
    "a stranger makes the log group": _logs,
}


@dataclass
class Strangers:
    """Remembers what they made, and that it stays as it is."""

    aws: Aws
    _made: dict[tuple[str, str], str] = field(default_factory=dict)

    def make(self, verb: str, world: World, env: str) -> bool:
        """Make something where we never deployed, unless it is there; gives whether it is so.

        Raises:
            ClientError: AWS refuses it. A bucket without anything in it is nobody's.
        """
        from botocore.exceptions import ClientError

        things, key = self._place(verb, env)
        if key in things or live.records(self.aws, env) or live.kept(self.aws, state(env)):
            return False
        try:
            MAKES[verb](world, env)
        except ClientError:
            things.pop(key, None)
            raise
        self._made[verb, env] = ""
        return True

    def look(self) -> None:
        """Take what is there now for right: they, or somebody by hand, changed it."""
        self._made = {key: self._seen(*key) for key in self._made}

    def check(self) -> None:
        """Nothing of theirs changed."""
        for key, wanted in self._made.items():
            require(self._seen(*key) == wanted, " ".join(key), wanted, self._seen(*key))

    def leave(self) -> None:
        """They delete it all."""
        for verb, env in self._made:
            things, key = self._place(verb, env)
            things.pop(key, None)
        self._made = {}

    def _place(self, verb: str, env: str) -> tuple[dict[str, Any], str]:
        if verb.endswith("bucket"):
            return self.aws.buckets, site(env)
        if verb.endswith("role"):
            return self.aws.service(ACCOUNT, REGION, "iam").roles, name(env)
        return self.aws.service(ACCOUNT, REGION, "logs").groups, _group(env)

    def _seen(self, verb: str, env: str) -> str:
        things, key = self._place(verb, env)
        found = things.get(key)
        if not verb.endswith("bucket") or found is None:
            return repr(found)
        rows = [(key, version.id, version.body) for key, version, _ in found.all_versions()]
        return repr((found.owner, found.versioning, found.settings, rows))
