"""The settings of a project: reads and validates resumectl.toml.

A flag overrides an environment variable, which overrides the file, which overrides the default.
Every error names the file, the line and the key; for an unknown key, also the nearest known one.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from resumectl.errors import SettingsError
from resumectl.patterns import ACCOUNT, DOMAIN, HANDLER, ID, NAME, REGION
from resumectl.tables import Table, line_numbers

FILE: Final = "resumectl.toml"
STATE_DIR: Final = ".resumectl"
LOCAL: Final = "local"

_COMPUTED: Final = {
    "project": "set name under [project]",
    "deployment": "set id under [project]",
    "environment": "it is the NAME in [env.NAME]",
    "region": "set region in [env.{0}]",
    "domain": "set domain in [env.{0}]",
    "zone": "set zone in [env.{0}]",
    "protected": "set protected in [env.{0}]",
    "emulator": "set emulator and port in [env.{0}]",
}
"""Variables of terraform/ that follow from other settings, and how to change them."""


@dataclass(frozen=True)
class CacheRule:
    """Serve objects whose key matches `glob` with `Cache-Control: value`."""

    glob: str
    value: str


@dataclass(frozen=True)
class SiteSettings:
    """The source of the site: a `source` folder, or a `build` command and its `output` folder."""

    source: Path | None
    build: str | None = None
    output: Path | None = None
    cache: tuple[CacheRule, ...] = ()


@dataclass(frozen=True)
class BackendSettings:
    """The source folder of the function, and the `module.attribute` that Lambda calls."""

    source: Path
    handler: str = "counter.handler"


@dataclass(frozen=True)
class Retention:
    """Which releases are kept: the last `keep`, and all from the last `keep_days` days."""

    keep: int = 20
    keep_days: int = 90


@dataclass(frozen=True)
class Ignore:
    """A difference that `drift` does not report, up to and including the day `until`.

    `key` is a glob for the keys of changes (`aws_lambda_function.*`); no `fields` means all.
    """

    key: str
    fields: tuple[str, ...]
    reason: str
    until: date


@dataclass(frozen=True)
class Environment:
    """A deployment target: an AWS account and region, or the embedded cloud."""

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
    """All settings of resumectl.toml, with absolute paths."""

    root: Path
    name: str
    default_env: str
    site: SiteSettings
    backend: BackendSettings
    environments: Mapping[str, Environment]
    retention: Retention = Retention()
    ignores: tuple[Ignore, ...] = ()
    id: str | None = None

    @property
    def state_dir(self) -> Path:
        """`.resumectl/` in the project folder."""
        return self.root / STATE_DIR

    def environment(self, name: str | None) -> Environment:
        """The environment called `name`, or the default environment.

        Raises:
            SettingsError: resumectl.toml has no environment of that name.
        """
        name = name or self.default_env
        if name in self.environments:
            return self.environments[name]
        known = ", ".join(self.environments)
        near = difflib.get_close_matches(name, self.environments, n=1)
        guess = f"Did you mean {near[0]!r}? " if near else ""
        raise SettingsError(
            f"There is no environment {name!r}.",
            hint=f"{guess}{FILE} has: {known}. To create it, add [env.{name}].",
        )


def work_dir(settings: Settings, environment: Environment) -> Path:
    """The folder for generated files of one environment. It can be deleted at any time."""
    return settings.state_dir / "env" / environment.name


def load(root: Path, *, names_only: bool = False) -> Settings:
    """Read and validate `resumectl.toml` in `root`.

    Args:
        root: the project's folder.
        names_only: as for `parse`.

    Raises:
        SettingsError: the file is missing, is not TOML, or has an invalid setting.
    """
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows editors write a byte order mark
    except FileNotFoundError:
        raise SettingsError(
            f"There is no {FILE} in {root}.",
            hint="Run resumectl in the project's folder, or pass it: resumectl -C DIR ...",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"Cannot read {path}: {error}", hint="It must be a readable UTF-8 text file."
        ) from error
    return parse(text, root.resolve(), names_only=names_only)


def parse(text: str, root: Path, *, names_only: bool = False) -> Settings:
    """The settings in the text of a `resumectl.toml`; paths in it are relative to `root`.

    Args:
        text: of the file.
        root: the project's folder.
        names_only: only the names of project and environments matter; other tables that are invalid
            get their defaults. A mistake in them must not keep anybody from deleting.

    Raises:
        SettingsError: the text is not TOML, or has an invalid setting.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{FILE} is not valid TOML: {error}", hint="Correct that line and run again."
        ) from error
    if names_only:
        tables = _valid_tables(tables, root)
    return _settings(Table(FILE, "", tables, line_numbers(text)), root)


def _valid_tables(tables: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Those that name things, and of the others those that are valid."""
    kept = {name: tables[name] for name in ("project", "env") if name in tables}
    for name in tables.keys() - kept.keys():
        with suppress(SettingsError):
            _settings(Table(FILE, "", {"env": {}, name: tables[name]}, {}), root)
            kept[name] = tables[name]
    return kept


def _settings(document: Table, root: Path) -> Settings:
    document.only("project", "site", "backend", "releases", "drift", "env")
    project = document.table("project").only("name", "id", "default_env")
    environments = _environments(document.table("env"))
    default = project.text("default_env", LOCAL)
    if default not in environments:
        project.fail("default_env", f"is {default!r}, but there is no [env.{default}]")
    return Settings(
        root=root,
        name=project.text("name", "resume", NAME),
        default_env=default,
        site=_site(document.table("site"), root),
        backend=_backend(document.table("backend"), root),
        environments=MappingProxyType(environments),
        retention=_retention(document.table("releases")),
        ignores=tuple(map(_ignore, document.table("drift").only("ignore").tables("ignore"))),
        id=project.optional("id", ID),
    )


def _site(table: Table, root: Path) -> SiteSettings:
    table.only("source", "build", "output", "cache")
    if "build" in table.values and "source" in table.values:
        table.fail("build", "cannot be combined with source; remove one of them")
    for key, other in (("build", "output"), ("output", "build")):
        if key in table.values and other not in table.values:
            table.fail(key, f"requires {other}")
    cache = table.table("cache")
    rules = tuple(CacheRule(glob, cache.text(glob, "")) for glob in cache.values)
    if "build" in table.values:
        output = _path(root, table.text("output", ""))
        return SiteSettings(None, table.text("build", ""), output, rules)
    return SiteSettings(_path(root, table.text("source", "frontend")), cache=rules)


def _backend(table: Table, root: Path) -> BackendSettings:
    table.only("source", "handler")
    handler = table.text("handler", "counter.handler", HANDLER)
    return BackendSettings(_path(root, table.text("source", "lambda_src")), handler)


def _retention(table: Table) -> Retention:
    table.only("keep", "keep_days")
    keep = table.number("keep", Retention.keep, 2, 10_000)
    return Retention(keep, table.number("keep_days", Retention.keep_days, 0, 36_500))


def _ignore(table: Table) -> Ignore:
    table.only("key", "fields", "reason", "until")
    for required in ("key", "reason", "until"):
        if required not in table.values:
            table.fail(None, f"requires {required}")
    fields = table.typed("fields", list, [])
    if not all(isinstance(name, str) for name in fields):
        table.fail("fields", "must be a list of field names")
    until = table.typed("until", date, None)
    return Ignore(table.text("key", ""), tuple(fields), table.text("reason", ""), until)


def _environments(tables: Table) -> dict[str, Environment]:
    configured = {name: _environment(name, tables) for name in tables.values}
    return {LOCAL: Environment(LOCAL, emulator=True), **configured}


def _environment(name: str, tables: Table) -> Environment:
    if not NAME.regex.fullmatch(name):
        tables.fail(name, f"must have a name of {NAME.description}")
    table = tables.table(name).only(*(Environment.__dataclass_fields__.keys() - {"name"}))
    emulator: bool = table.typed("emulator", bool, name == LOCAL)
    if not emulator and "region" not in table.values:
        table.fail(None, 'requires a region, such as region = "eu-west-2"')
    return Environment(
        name=name,
        region=table.text("region", "us-east-1", REGION),
        emulator=emulator,
        domain=table.optional("domain", DOMAIN),
        zone=table.optional("zone", DOMAIN),
        account=table.optional("account", ACCOUNT),
        profile=table.optional("profile"),
        protected=table.typed("protected", bool, default=False),
        port=table.number("port", 0, 1024, 65535) or None,
        variables=_variables(name, table),
    )


def _variables(env: str, table: Table) -> Mapping[str, Any]:
    """Values for terraform/, without those that say what is deployed where."""
    variables = table.table("variables")
    for key, instead in _COMPUTED.items():
        if key in variables.values:
            variables.fail(key, f"cannot be set here: {instead.format(env)}")
    return MappingProxyType(dict(variables.values))


def _path(root: Path, text: str) -> Path:
    return (root / text).absolute()
