"""What the project is: resumectl.toml, read once, validated, frozen.

Precedence everywhere: flag > environment variable > file > default. An unknown key is an error that names the nearest
known one, and every error names the file, the line and the key.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NoReturn

from resumectl.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

FILE: Final = "resumectl.toml"
STATE_DIR: Final = ".resumectl"
LOCAL: Final = "local"

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,18}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-\d")
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_ACCOUNT: Final = re.compile(r"\d{12}")
_HANDLER: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


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
            f"There is no environment {wanted!r}.", hint=f"{meant}{FILE} has: {known}. Add it as [env.{wanted}]."
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
        raise SettingsError(f"{path} cannot be read: {error}", hint="It must be a readable UTF-8 text file.") from error
    return parse(text, root.resolve())


def parse(text: str, root: Path) -> Settings:
    """Turn the text of `resumectl.toml` into settings. Pure, apart from resolving paths against `root`.

    Raises:
        SettingsError: it is not TOML, or holds something unusable.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE} is not valid TOML: {error}", hint="Fix that line and run again.") from error
    return _Reader(text, root).settings(tables)


class _Reader:
    """Checks one parsed document; keeps the text so that errors can name lines."""

    def __init__(self, text: str, root: Path) -> None:
        self._lines = text.splitlines()
        self._root = root

    def settings(self, tables: Mapping[str, Any]) -> Settings:
        self._known("", tables, ("project", "site", "backend", "env"))
        project = self._table(tables, "project", ("name", "default_env"))
        environments = self._environments(tables.get("env", {}))
        default = self._text("project", project, "default_env", LOCAL)
        if default not in environments:
            self._fail("project", "default_env", f"names {default!r}, but there is no [env.{default}]")
        return Settings(
            root=self._root,
            name=self._text("project", project, "name", "resume", _NAME, "2 to 20 of a-z, 0-9 and -, a letter first"),
            default_env=default,
            site=self._site(self._table(tables, "site", ("source", "build", "output", "cache"))),
            backend=self._backend(self._table(tables, "backend", ("source", "handler"))),
            environments=MappingProxyType(environments),
        )

    def _site(self, table: Mapping[str, Any]) -> SiteSettings:
        if "build" in table and "source" in table:
            self._fail("site", "build", "cannot be combined with source: choose one")
        if ("build" in table) != ("output" in table):
            self._fail("site", "build" if "build" in table else "output", "needs both build and output")
        cache = table.get("cache", {})
        if not isinstance(cache, dict):
            self._fail("site", "cache", 'must be a table of "glob" = "Cache-Control value"')
        rules = tuple(CacheRule(glob, self._text("site.cache", cache, glob)) for glob in cache)
        if "build" in table:
            output = self._path("site", table, "output", "")
            return SiteSettings(None, self._text("site", table, "build"), output, rules)
        return SiteSettings(self._path("site", table, "source", "frontend"), cache=rules)

    def _backend(self, table: Mapping[str, Any]) -> BackendSettings:
        handler = self._text("backend", table, "handler", "counter.handler", _HANDLER, "module.attribute")
        return BackendSettings(self._path("backend", table, "source", "lambda_src"), handler)

    def _environments(self, tables: object) -> dict[str, Environment]:
        if not isinstance(tables, dict):
            self._fail("", "env", "must hold tables: [env.local], [env.prod], ...")
        found = {name: self._environment(name, table) for name, table in tables.items()}
        return found if LOCAL in found else {LOCAL: Environment(LOCAL, emulator=True), **found}

    def _environment(self, name: str, table: object) -> Environment:
        where = f"env.{name}"
        if not _NAME.fullmatch(name):
            self._fail("", where, "must be named with 2 to 20 of a-z, 0-9 and -, a letter first")
        if not isinstance(table, dict):
            self._fail("env", name, "must be a table")
        self._known(where, table, tuple(Environment.__dataclass_fields__.keys() - {"name"}))
        emulator = self._typed(where, table, "emulator", bool, default=name == LOCAL)
        if not emulator and "region" not in table:
            self._fail(where, None, 'needs a region, for example region = "eu-west-2"')
        return Environment(
            name=name,
            region=self._text(where, table, "region", "us-east-1", _REGION, "an AWS region such as eu-west-2"),
            emulator=emulator,
            domain=self._optional(where, table, "domain", _DOMAIN, "a domain name such as example.com"),
            zone=self._optional(where, table, "zone", _DOMAIN, "the name of a hosted zone such as example.com"),
            account=self._optional(where, table, "account", _ACCOUNT, "a 12-digit account id in quotes"),
            profile=self._optional(where, table, "profile", re.compile(r".+"), "a profile of ~/.aws/config"),
            protected=self._typed(where, table, "protected", bool, default=False),
            port=self._port(where, table),
            variables=MappingProxyType(self._typed(where, table, "variables", dict, default={})),
        )

    def _port(self, where: str, table: Mapping[str, Any]) -> int | None:
        port: int | None = self._typed(where, table, "port", int, default=None)
        if port is not None and not 1024 <= port <= 65535:  # noqa: PLR2004
            self._fail(where, "port", "must be between 1024 and 65535")
        return port

    def _table(self, tables: Mapping[str, Any], name: str, known: Iterable[str]) -> Mapping[str, Any]:
        table = tables.get(name, {})
        if not isinstance(table, dict):
            self._fail("", name, f"must be a table: [{name}]")
        self._known(name, table, known)
        return table

    def _known(self, where: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
        for key in table:
            if key not in (names := sorted(known)):
                near = difflib.get_close_matches(key, names, n=1)
                meant = f"; did you mean {near[0]!r}" if near else f"; known here: {', '.join(names)}"
                self._fail(where, key, f"is not a setting of resumectl{meant}")

    def _path(self, where: str, table: Mapping[str, Any], key: str, default: str) -> Path:
        return (self._root / self._text(where, table, key, default)).absolute()

    def _optional(
        self, where: str, table: Mapping[str, Any], key: str, pattern: re.Pattern[str], what: str
    ) -> str | None:
        return self._text(where, table, key, "", pattern, what) or None

    def _text(  # noqa: PLR0913
        self,
        where: str,
        table: Mapping[str, Any],
        key: str,
        default: str | None = None,
        pattern: re.Pattern[str] | None = None,
        what: str = "",
    ) -> str:
        value: str = self._typed(where, table, key, str, default=default)
        if key in table and not value.strip():
            self._fail(where, key, "must not be empty")
        if key in table and pattern and not pattern.fullmatch(value):
            self._fail(where, key, f"is {value!r}, but must be {what}")
        return value

    def _typed(self, where: str, table: Mapping[str, Any], key: str, kind: type, *, default: Any) -> Any:
        value = table.get(key, default)
        wrong = not isinstance(value, kind) or (kind is int and isinstance(value, bool))
        if key in table and wrong:
            names: Mapping[type, str] = {str: "text in quotes", bool: "true or false", int: "a number", dict: "a table"}
            self._fail(where, key, f"must be {names[kind]}")
        return value

    def _fail(self, where: str, key: str | None, problem: str) -> NoReturn:
        named = ".".join(part for part in (where, key) if part)
        line = self._line(where, key)
        at = f"{FILE}, line {line}" if line else FILE
        raise SettingsError(f"{at}: {named} {problem.rstrip('?.')}.", hint="docs/configuration.md shows every setting.")

    def _line(self, where: str, key: str | None) -> int | None:
        """The line (from 1) of `key` in table `where`, as well as a scan of the text can tell."""
        table, header = "", _header_reader()
        for number, line in enumerate(self._lines, 1):
            opened = header(line)
            table = table if opened is None else opened
            at_key = key is not None and table == where and _is_key(line, key)
            if at_key or (opened is not None and opened == ".".join(part for part in (where, key) if part)):
                return number
        return None


def _header_reader() -> Callable[[str], str | None]:
    pattern = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+\s*(#.*)?$")

    def read(line: str) -> str | None:
        match = pattern.match(line)
        return match[1].replace('"', "").replace(" ", "") if match else None

    return read


def _is_key(line: str, key: str) -> bool:
    name = line.split("=", 1)[0].strip().strip("\"'")
    return "=" in line and (name == key or name.startswith(f"{key}."))
