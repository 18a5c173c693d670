"""What the project is: resumectl.toml, read once, validated, frozen.

Precedence everywhere: flag > environment variable > file > default. An unknown key is an error that names the nearest
known one, and every error names the file, the line and the key.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import SettingsError
from resumectl.tables import Pattern, Table, line_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE: Final = "resumectl.toml"
STATE_DIR: Final = ".resumectl"
LOCAL: Final = "local"

_NAME: Final = Pattern(
    re.compile(r"[a-z][a-z0-9-]{0,18}[a-z0-9]"), "2 to 20 of a-z, 0-9 and -, a letter first"
)
_REGION: Final = Pattern(
    re.compile(r"[a-z]{2}(-[a-z]+){1,3}-\d"), "an AWS region such as eu-west-2"
)
_DOMAIN: Final = Pattern(
    re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"),
    "a domain name such as example.com",
)
_ACCOUNT: Final = Pattern(re.compile(r"\d{12}"), "a 12-digit account id in quotes")
_HANDLER: Final = Pattern(
    re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+"), "module.attribute, such as counter.handler"
)


@dataclass(frozen=True)
class CacheRule:
    """Objects whose key matches `glob` are served with Cache-Control `value`."""

    glob: str
    value: str


@dataclass(frozen=True)
class SiteSettings:
    """Where the site comes from: a `source` folder, or a `build` command and its `output` folder."""

    source: Path | None
    build: str | None = None
    output: Path | None = None
    cache: tuple[CacheRule, ...] = ()


@dataclass(frozen=True)
class BackendSettings:
    """Where the function comes from, and its `module.attribute`."""

    source: Path
    handler: str = "counter.handler"


@dataclass(frozen=True)
class Retention:
    """How long releases are kept: at least the last `keep`, and all of the last `keep_days` days."""

    keep: int = 20
    keep_days: int = 90


@dataclass(frozen=True)
class Ignore:
    """A difference that drift does not report until a day has passed.

    Attributes:
        key: a glob over the keys of changes, such as `aws_lambda_function.*`.
        fields: only these fields; empty means all.
        reason: why, for whoever reads it next.
        until: the last day on which it holds.
    """

    key: str
    fields: tuple[str, ...]
    reason: str
    until: date


@dataclass(frozen=True)
class Environment:
    """One place to deploy to: an AWS account and region, or the embedded cloud."""

    name: str
    region: str = "us-east-1"
    emulator: bool = False
    domain: str | None = None
    zone: str | None = None
    account: str | None = None
    profile: str | None = None
    protected: bool = False
    port: int | None = None
    variables: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Settings:
    """The whole of resumectl.toml, with absolute paths."""

    root: Path
    name: str
    default_env: str
    site: SiteSettings
    backend: BackendSettings
    environments: Mapping[str, Environment]
    retention: Retention = Retention()
    ignores: tuple[Ignore, ...] = ()

    @property
    def state_dir(self) -> Path:
        """Where resumectl keeps what it can make again: `.resumectl/` in the project root."""
        return self.root / STATE_DIR

    def environment(self, name: str | None) -> Environment:
        """The environment called `name`, or the default one.

        Raises:
            SettingsError: there is none of that name.
        """
        wanted = name or self.default_env
        if wanted in self.environments:
            return self.environments[wanted]
        known = ", ".join(self.environments)
        near = difflib.get_close_matches(wanted, self.environments, n=1)
        meant = f"Did you mean {near[0]!r}? " if near else ""
        raise SettingsError(
            f"There is no environment {wanted!r}.",
            hint=f"{meant}{FILE} has: {known}. Add it as [env.{wanted}].",
        )


def work_dir(settings: Settings, environment: Environment) -> Path:
    """Where resumectl keeps what it makes for one environment, all of which it can make again."""
    return settings.state_dir / "env" / environment.name


def load(root: Path) -> Settings:
    """Read and validate `resumectl.toml` in `root`.

    Raises:
        SettingsError: the file is missing, is not TOML, or holds something unusable.
    """
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(
            f"There is no {FILE} in {root}.",
            hint="Run resumectl in the project's folder, or name it: resumectl -C DIR ...",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be read: {error}", hint="It must be a readable UTF-8 text file."
        ) from error
    return parse(text, root.resolve())


def parse(text: str, root: Path) -> Settings:
    """Turn the text of `resumectl.toml` into settings. Pure, apart from resolving paths against `root`.

    Raises:
        SettingsError: it is not TOML, or holds something unusable.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{FILE} is not valid TOML: {error}", hint="Fix that line and run again."
        ) from error
    return _settings(Table(FILE, "", tables, line_numbers(text)), root)


def _settings(document: Table, root: Path) -> Settings:
    document.only("project", "site", "backend", "releases", "drift", "env")
    project = document.table("project").only("name", "default_env")
    environments = _environments(document.table("env"))
    default = project.text("default_env", LOCAL)
    if default not in environments:
        project.fail("default_env", f"names {default!r}, but there is no [env.{default}]")
    return Settings(
        root=root,
        name=project.text("name", "resume", _NAME),
        default_env=default,
        site=_site(document.table("site"), root),
        backend=_backend(document.table("backend"), root),
        environments=MappingProxyType(environments),
        retention=_retention(document.table("releases")),
        ignores=tuple(
            _ignore(table) for table in document.table("drift").only("ignore").tables("ignore")
        ),
    )


def _site(table: Table, root: Path) -> SiteSettings:
    table.only("source", "build", "output", "cache")
    if "build" in table.values and "source" in table.values:
        table.fail("build", "cannot be combined with source: choose one")
    if ("build" in table.values) != ("output" in table.values):
        table.fail("build" if "build" in table.values else "output", "needs both build and output")
    globs = table.table("cache")
    rules = tuple(CacheRule(glob, globs.text(glob, "")) for glob in globs.values)
    if "build" in table.values:
        return SiteSettings(
            None, table.text("build", ""), _path(root, table.text("output", "")), rules
        )
    return SiteSettings(_path(root, table.text("source", "frontend")), cache=rules)


def _backend(table: Table, root: Path) -> BackendSettings:
    table.only("source", "handler")
    handler = table.text("handler", "counter.handler", _HANDLER)
    return BackendSettings(_path(root, table.text("source", "lambda_src")), handler)


def _retention(table: Table) -> Retention:
    table.only("keep", "keep_days")
    default = Retention()
    keep = table.number("keep", default.keep, 2, 10_000)
    days = table.number("keep_days", default.keep_days, 0, 36_500)
    return Retention(keep or default.keep, default.keep_days if days is None else days)


def _ignore(table: Table) -> Ignore:
    table.only("key", "fields", "reason", "until")
    for needed in ("key", "reason", "until"):
        if needed not in table.values:
            table.fail(None, f"needs {needed}")
    fields = table.typed("fields", list, [])
    if not all(isinstance(name, str) for name in fields):
        table.fail("fields", "must be a list of names")
    until = table.typed("until", date, None)
    return Ignore(table.text("key", ""), tuple(fields), table.text("reason", ""), until)


def _environments(tables: Table) -> dict[str, Environment]:
    found = {name: _environment(name, tables) for name in tables.values}
    return found if LOCAL in found else {LOCAL: Environment(LOCAL, emulator=True), **found}


def _environment(name: str, tables: Table) -> Environment:
    if not _NAME.regex.fullmatch(name):
        tables.fail(name, f"must be named with {_NAME.said}")
    table = tables.table(name).only(*(Environment.__dataclass_fields__.keys() - {"name"}))
    emulator: bool = table.typed("emulator", bool, name == LOCAL)
    if not emulator and "region" not in table.values:
        table.fail(None, 'needs a region, for example region = "eu-west-2"')
    return Environment(
        name=name,
        region=table.text("region", "us-east-1", _REGION),
        emulator=emulator,
        domain=table.optional("domain", _DOMAIN),
        zone=table.optional("zone", _DOMAIN),
        account=table.optional("account", _ACCOUNT),
        profile=table.optional("profile"),
        protected=table.typed("protected", bool, default=False),
        port=table.number("port", None, 1024, 65535),
        variables=MappingProxyType(table.typed("variables", dict, {})),
    )


def _path(root: Path, text: str) -> Path:
    return (root / text).absolute()
