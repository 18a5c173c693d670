"""Wrong settings, no account, no Terraform: one line, a hint, exit code 1, nothing half-done."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.functional.wrong import SETTINGS, Case, all_of, cases, put, settings, without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.functional.wrong import Check

PLAN = ("plan",)
PROD = ("plan", "-e", "prod")
DEPLOY = ("deploy", "-e", "prod", "--yes")
SCRIPT = {"RESUMECTL_TERRAFORM": "{root}/terraform.sh"}
OFFLINE = """#!/bin/sh
[ "$1" = version ] && exec echo "Terraform v1.11.4"
[ "$1" = init ] || exit 99
cat >&2 <<'END'

Error: Failed to query available provider packages

Could not retrieve the list of available versions for provider hashicorp/aws: could not connect to
registry.terraform.io: failed to request discovery document: dial tcp: lookup
registry.terraform.io: no such host
END
exit 1
"""


def prod(line: str) -> str:
    return f"{SETTINGS}{line}\n"


IN_THE_FILE = [
    Case(
        "no file", PLAN, ("There is no resumectl.toml in ",), without("resumectl.toml"), ("-C DIR",)
    ),
    Case(
        "a folder in its place",
        PLAN,
        ("resumectl.toml",),
        all_of(without("resumectl.toml"), lambda root: (root / "resumectl.toml").mkdir()),
    ),
    Case("not TOML", PLAN, ("resumectl.toml", "line 2"), settings("[project]\nname = resume\n")),
    Case("not text", PLAN, ("resumectl.toml",), put("resumectl.toml", b"\xff\xfe\x00")),
    Case(
        "an unknown key",
        PLAN,
        ("line 9: env.prod.domian", "'domain'"),
        settings(prod('domian = "example.com"')),
    ),
    Case("an unknown table", PLAN, ("line 10: sites", "'site'"), settings(prod("\n[sites]"))),
    Case(
        "the wrong kind",
        PLAN,
        ("line 9: env.prod.protected", "true or false"),
        settings(prod('protected = "yes"')),
    ),
    Case(
        "a bad name",
        PLAN,
        ("line 2: project.name", "'Résumé'"),
        settings(SETTINGS.replace("resume", "Résumé")),
    ),
    Case("no region", PLAN, ("env.qa", "region"), settings(prod("\n[env.qa]"))),
    Case(
        "no default",
        PLAN,
        ("default_env", "'qa'"),
        settings(f'[project]\ndefault_env = "qa"\n{SETTINGS[10:]}'),
    ),
    Case(
        "no such region",
        PLAN,
        ("env.qa.region", "'London'"),
        settings(prod('\n[env.qa]\nregion = "London"')),
    ),
    Case(
        "no such environment",
        ("status", "-e", "prdo"),
        ("no environment 'prdo'",),
        hint=("'prod'", "[env.prdo]"),
    ),
    Case(
        "none of the variable",
        ("status",),
        ("no environment 'qa'",),
        environ={"RESUMECTL_ENV": "qa"},
    ),
]
ABOUT_THE_ACCOUNT = [
    Case(
        "no credentials",
        PROD,
        ("no usable AWS credentials",),
        hint=("--env local",),
        code="credentials",
    ),
    Case("none for deploy", DEPLOY, ("no usable AWS credentials",), code="credentials"),
    Case(
        "no such profile", PROD, ("(work)",), settings(prod('profile = "work"')), code="credentials"
    ),
    Case(
        "a typing mistake in the region",
        PROD,
        ("'eu-wset-2'",),
        settings(SETTINGS.replace("west", "wset")),
        ("'eu-west-2'",),
        code="settings",
    ),
]
ABOUT_TERRAFORM = [
    Case("none", PROD, ("/nowhere/tf",), environ={"RESUMECTL_TERRAFORM": "/nowhere/tf"}),
    Case(
        "an old one",
        PROD,
        ("1.5.0", "1.11 or newer"),
        put("terraform.sh", "#!/bin/sh\necho 'Terraform v1.5.0'\n", 0o755),
        ("Install Terraform",),
        environ=SCRIPT,
    ),
    Case(
        "something else",
        PROD,
        ("does not print its version",),
        put("terraform.sh", "#!/bin/sh\nexit 3\n", 0o755),
        environ=SCRIPT,
    ),
    Case(
        "no provider",
        PROD,
        ("Terraform could not install the AWS provider", "registry.terraform.io"),
        put("terraform.sh", OFFLINE, 0o755),
        ("RESUMECTL_PROVIDER_MIRROR",),
        environ=SCRIPT,
    ),
    Case(
        "a mirror that is none",
        PROD,
        ("RESUMECTL_PROVIDER_MIRROR is /nowhere",),
        put("terraform.sh", OFFLINE, 0o755),
        environ={**SCRIPT, "RESUMECTL_PROVIDER_MIRROR": "/nowhere"},
    ),
]


@pytest.mark.parametrize(**cases(IN_THE_FILE))
def test_wrong_settings(check: Check, case: Case) -> None:
    check(case, code="settings")


@pytest.mark.parametrize(**cases(ABOUT_THE_ACCOUNT))
def test_without_an_account(check: Check, case: Case) -> None:
    check(case)


@pytest.mark.parametrize(**cases(ABOUT_TERRAFORM))
def test_a_terraform_that_cannot_be_used(check: Check, case: Case, deployed: object) -> None:
    check(case, code="terraform")


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_is_taken(check: Check, taken_port: int) -> None:
    wanted = settings(SETTINGS.replace("emulator = true", f"emulator = true\nport = {taken_port}"))
    says = (f"Port {taken_port} is in use by another program.",)
    check(Case("a taken port", ("local", "start"), says, wanted, ("port = N",)), code="local")
