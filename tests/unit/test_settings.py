from __future__ import annotations

import dataclasses
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resumectl.errors import SettingsError
from resumectl.settings import CacheRule, Environment, Ignore, Retention, load, parse, work_dir

EVERYTHING = """\
[project]
name = "my-resume"
default_env = "prod"

[site]
build = "hugo --minify"
output = "public"

[site.cache]
"assets/*" = "public, max-age=60"
"*.pdf" = "no-store"

[backend]
source = "api"
handler = "visits.handler"

[releases]
keep = 5
keep_days = 0

[[drift.ignore]]
key = "aws_lambda_function.*"
fields = ["memory_size"]
reason = "being tried out"
until = 2027-01-31

[[drift.ignore]]
key = "aws_s3_bucket.site"
reason = "tags of the billing team"
until = 2027-02-28

[env.local]
port = 4566

[env.prod]
region = "eu-west-2"
domain = "cv.example.com"
zone = "example.com"
account = "123456789012"
profile = "me"
protected = true

[env.prod.variables]
api_rate_limit = 5
function = { memory_mb = 256 }
"""


def test_an_empty_file_gets_every_default(tmp_path):
    project = parse("", tmp_path)
    assert (project.name, project.default_env, project.root) == ("resume", "local", tmp_path)
    assert project.site.source == tmp_path / "frontend"
    assert (project.site.build, project.site.output, project.site.cache) == (None, None, ())
    assert (project.backend.source, project.backend.handler) == (
        tmp_path / "lambda_src",
        "counter.handler",
    )
    assert project.environments == {"local": Environment("local", emulator=True)}
    assert (project.retention, project.ignores) == (Retention(keep=20, keep_days=90), ())
    assert project.state_dir == tmp_path / ".resumectl"


def test_every_setting_is_read(tmp_path):
    project = parse(EVERYTHING, tmp_path)
    assert (project.name, project.default_env) == ("my-resume", "prod")
    assert (project.site.source, project.site.build, project.site.output) == (
        None,
        "hugo --minify",
        tmp_path / "public",
    )
    assert project.site.cache == (
        CacheRule("assets/*", "public, max-age=60"),
        CacheRule("*.pdf", "no-store"),
    )
    assert (project.backend.source, project.backend.handler) == (tmp_path / "api", "visits.handler")
    assert project.retention == Retention(keep=5, keep_days=0)
    assert project.ignores == (
        Ignore("aws_lambda_function.*", ("memory_size",), "being tried out", date(2027, 1, 31)),
        Ignore("aws_s3_bucket.site", (), "tags of the billing team", date(2027, 2, 28)),
    )
    assert project.environments["local"] == Environment("local", emulator=True, port=4566)
    assert project.environments["prod"] == Environment(
        "prod",
        region="eu-west-2",
        domain="cv.example.com",
        zone="example.com",
        account="123456789012",
        profile="me",
        protected=True,
        variables=MappingProxyType({"api_rate_limit": 5, "function": {"memory_mb": 256}}),
    )


def test_settings_are_immutable(tmp_path):
    project = parse(EVERYTHING, tmp_path)
    with pytest.raises(dataclasses.FrozenInstanceError):
        project.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        project.environments["prod"] = None  # type: ignore[index]
    with pytest.raises(TypeError):
        project.environments["prod"].variables["x"] = 1  # type: ignore[index]


def test_local_exists_and_is_emulated_by_default(tmp_path):
    assert parse('[env.prod]\nregion = "eu-west-2"', tmp_path).environments["local"].emulator
    assert parse("[env.local]\nprotected = true", tmp_path).environments["local"].emulator
    text = '[env.local]\nemulator = false\nregion = "eu-west-2"'
    assert not parse(text, tmp_path).environments["local"].emulator


def test_an_emulated_environment_does_not_require_a_region(tmp_path):
    assert parse("[env.test]\nemulator = true", tmp_path).environments["test"].region == "us-east-1"


def test_to_delete_an_environment_only_names_must_be_valid(tmp_path):
    names = '[project]\nname = "cv"\n\n[env.prod]\nregion = "eu-west-2"\n'
    wrong = '[site]\nsource = 5\n[backend]\nhandler = "x"\n[releases]\nkeep = 5\n[nonsense]\n'
    with pytest.raises(SettingsError):
        parse(names + wrong, tmp_path)
    project = parse(names + wrong, tmp_path, names_only=True)
    assert (project.name, project.environment("prod").region) == ("cv", "eu-west-2")
    assert project.site.source == tmp_path / "frontend"
    assert project.retention.keep == 5
    with pytest.raises(SettingsError, match="line 5"):
        parse(names.replace("eu-west-2", "Ireland") + wrong, tmp_path, names_only=True)


# --- mistakes

IGNORE = '[[drift.ignore]]\nkey = "x"\nreason = "x"\n'
PROD = '[env.prod]\nregion = "eu-west-2"\n'
MISTAKES = [
    # text, line, key, part of the message
    ("[projekt]\n", 1, "projekt", "did you mean 'project'"),
    ("\n\n[zzz]\n", 3, "zzz", "known: backend, drift, env, project, releases, site"),
    ('[project]\nnane = "x"', 2, "project.nane", "did you mean 'name'"),
    ("[project]\nname = 5", 2, "project.name", "must be text in quotes"),
    ('[project]\nname = ""', 2, "project.name", "must not be empty"),
    ('[project]\nname = "   "', 2, "project.name", "must not be empty"),
    (
        '[project]\n# name = "x"\nname = "My Resume"',
        3,
        "project.name",
        "is 'My Resume', but must be 2 to 20",
    ),
    ('[project]\nname = "a"', 2, "project.name", "2 to 20"),
    (f'[project]\nname = "{"a" * 21}"', 2, "project.name", "2 to 20"),
    ('[project]\nname = "ends-"', 2, "project.name", "2 to 20"),
    ('[project]\ndefault_env = "prdo"', 2, "project.default_env", "there is no [env.prdo]"),
    ('project = "x"', 1, "project", "must be a table"),
    ('[site]\nsource = "a"\nbuild = "b"\noutput = "c"', 3, "site.build", "remove one of them"),
    ('[site]\nbuild = "b"', 2, "site.build", "requires output"),
    ('[site]\noutput = "b"', 2, "site.output", "requires build"),
    ('[site]\nsource = ["a"]', 2, "site.source", "must be text in quotes"),
    ('[site]\ncache = "no-cache"', 2, "site.cache", "must be a table"),
    ('[site.cache]\n"*.css" = 60', 2, "site.cache.*.css", "must be text in quotes"),
    ('[site]\ncache = { "*.css" = 60 }', 2, "site.cache.*.css", "must be text in quotes"),
    ('[site]\nsrc = "a"', 2, "site.src", "did you mean 'source'"),
    ('[backend]\nhandler = "counter"', 2, "backend.handler", "module.attribute"),
    ('[backend]\nhandler = "../x.y"', 2, "backend.handler", "module.attribute"),
    ("env = 5", 1, "env", "must be a table"),
    ("[env]\nprod = 5", 2, "env.prod", "must be a table"),
    ('[env.Prod]\nregion = "eu-west-2"', 1, "env.Prod", "must have a name of 2 to 20"),
    ('[env."a b"]\nregion = "eu-west-2"', 1, "env.a b", "must have a name of 2 to 20"),
    ("[project]\n\n[env.prod]\nprotected = true", 3, "env.prod", "requires a region"),
    ("[env.prod]\nregion = 'Ireland'", 2, "env.prod.region", "an AWS region such as eu-west-2"),
    (
        "[env.prod] # the real one\n  regoin = 'eu-west-2'",
        2,
        "env.prod.regoin",
        "did you mean 'region'",
    ),
    (f'{PROD}[env.test]\nregion = "x"', 4, "env.test.region", "an AWS region"),
    (
        f'{PROD}domain = "https://example.com"',
        3,
        "env.prod.domain",
        "a domain name such as example.com",
    ),
    (f'{PROD}domain = "localhost"', 3, "env.prod.domain", "a domain name"),
    (f'{PROD}zone = "example.com."', 3, "env.prod.zone", "a domain name"),
    (f"{PROD}account = 123456789012", 3, "env.prod.account", "must be text in quotes"),
    (f'{PROD}account = "1234"', 3, "env.prod.account", "a 12-digit account ID"),
    (f'{PROD}profile = ""', 3, "env.prod.profile", "must not be empty"),
    (f'{PROD}protected = "yes"', 3, "env.prod.protected", "must be true or false"),
    (f"{PROD}protected = 1", 3, "env.prod.protected", "must be true or false"),
    ("[env.local]\nport = true", 2, "env.local.port", "must be a number"),
    ('[env.local]\nport = "4566"', 2, "env.local.port", "must be a number"),
    ("[env.local]\nport = 80", 2, "env.local.port", "between 1024 and 65535"),
    ("[env.local]\nport = 65536", 2, "env.local.port", "between 1024 and 65535"),
    (f"{PROD}variables = 5", 3, "env.prod.variables", "must be a table"),
    ("[env]\nprod = { region = 'x' }", 2, "env.prod.region", "an AWS region"),
    ("[env]\nlocal.port = 80", 2, "env.local.port", "between 1024 and 65535"),
    ("[releases]\nkeep = 1", 2, "releases.keep", "between 2 and 10000"),
    ("[releases]\nkeep_days = -1", 2, "releases.keep_days", "between 0 and"),
    ("[drift]\nignore = 5", 2, "drift.ignore", "must be a list"),
    ("[drift]\nignore = [5]", 2, "drift.ignore", "a list of tables"),
    ("\n[[drift.ignore]]\nkey = 'x'", 2, "drift.ignore[0]", "requires reason"),
    (f"{IGNORE}until = '2027-01-31'", 4, "drift.ignore[0].until", "a date such as 2027-01-31"),
    (
        f"{IGNORE}until = 2027-01-31T00:00:00",
        4,
        "drift.ignore[0].until",
        "a date such as 2027-01-31",
    ),
    (
        f"{IGNORE}until = 2027-01-31\nfields = [1]",
        5,
        "drift.ignore[0].fields",
        "a list of field names",
    ),
    (f"{IGNORE}until = 2027-01-31\nfields = 'a'", 5, "drift.ignore[0].fields", "a list"),
    (f"{IGNORE}until = 2027-01-31\n{IGNORE}until = 5", 8, "drift.ignore[1].until", "a date"),
    (f"{IGNORE}until = 2027-01-31\n{IGNORE}", 5, "drift.ignore[1]", "requires until"),
    (
        "[drift]\nignore = [{ key = 5, reason = 'x', until = 2027-01-31 }]",
        2,
        "drift.ignore[0].key",
        "text in quotes",
    ),
    ("project.name = 'X'", 1, "project.name", "2 to 20"),
]


@pytest.mark.parametrize(("text", "line", "key", "problem"), MISTAKES)
def test_a_mistake_names_the_line_and_the_key(tmp_path, text, line, key, problem):
    with pytest.raises(SettingsError) as caught:
        parse(text, tmp_path)
    message = caught.value.message
    assert message.startswith(f"resumectl.toml, line {line}: {key} ")
    assert problem in message
    assert caught.value.hint
    assert "\n" not in message


def test_a_toml_syntax_error_names_the_line(tmp_path):
    with pytest.raises(SettingsError, match=r"not valid TOML.*line 2"):
        parse("[project]\nname = x\n", tmp_path)


@given(st.text("[]=\"'.#\n abenvproj{}1", max_size=40))
def test_any_text_gives_settings_or_a_settings_error(text):
    with suppress(SettingsError):
        parse(text, Path("/project"))


# --- the file


def test_load_reads_the_file_in_the_folder(tmp_path):
    (tmp_path / "resumectl.toml").write_text('[project]\nname = "here"')
    assert load(tmp_path).name == "here"


def test_paths_are_absolute_even_for_a_relative_folder(tmp_path, monkeypatch):
    (tmp_path / "resumectl.toml").write_text('[site]\nsource = "pages"')
    monkeypatch.chdir(tmp_path)
    assert load(Path()).site.source == tmp_path / "pages"


def test_a_missing_file_names_the_folder_and_the_option(tmp_path):
    with pytest.raises(SettingsError, match=f"There is no resumectl.toml in {tmp_path}") as caught:
        load(tmp_path)
    assert "-C DIR" in str(caught.value.hint)


@pytest.mark.parametrize(
    "make", [lambda file: file.mkdir(), lambda file: file.write_bytes(b"\xff\xfe")]
)
def test_an_unreadable_file_is_a_settings_error(tmp_path, make):
    make(tmp_path / "resumectl.toml")
    with pytest.raises(SettingsError, match="Cannot read"):
        load(tmp_path)


# --- choosing an environment


def test_without_a_name_the_default_environment_is_used(tmp_path):
    project = parse(EVERYTHING, tmp_path)
    assert project.environment(None).name == "prod"
    assert project.environment("").name == "prod"
    assert project.environment("local").name == "local"


def test_an_unknown_environment_suggests_the_nearest(tmp_path):
    with pytest.raises(SettingsError, match="There is no environment 'prd'") as caught:
        parse(EVERYTHING, tmp_path).environment("prd")
    assert (
        caught.value.hint
        == "Did you mean 'prod'? resumectl.toml has: local, prod. To create it, add [env.prd]."
    )


def test_each_environment_has_its_own_work_folder(tmp_path):
    project = parse(EVERYTHING, tmp_path)
    folders = {work_dir(project, environment) for environment in project.environments.values()}
    assert folders == {tmp_path / ".resumectl/env/local", tmp_path / ".resumectl/env/prod"}


def test_a_byte_order_mark_is_no_part_of_the_settings(tmp_path):
    """Windows editors write one."""
    (tmp_path / "resumectl.toml").write_bytes(b'\xef\xbb\xbf[project]\nname = "bom-resume"\n')
    assert load(tmp_path).name == "bom-resume"


# --- identity


def test_a_project_has_no_id_unless_it_is_set(tmp_path):
    assert parse("", tmp_path).id is None
    assert parse('[project]\nid = "1f2e3d4c"', tmp_path).id == "1f2e3d4c"


@pytest.mark.parametrize("id_", ["abc", "a" * 33, "-abcd", "abcd-", "Abcd", "a/bcd", "a bcd"])
def test_an_id_that_is_no_part_of_a_tag_is_refused(tmp_path, id_):
    with pytest.raises(SettingsError, match="must be 4 to 32 characters"):
        parse(f'[project]\nid = "{id_}"', tmp_path)


@pytest.mark.parametrize(
    ("variable", "instead"),
    [
        ("project", "set name under [project]"),
        ("deployment", "set id under [project]"),
        ("environment", "it is the NAME in [env.NAME]"),
        ("region", "set region in [env.prod]"),
        ("domain", "set domain in [env.prod]"),
        ("zone", "set zone in [env.prod]"),
        ("protected", "set protected in [env.prod]"),
        ("emulator", "set emulator and port in [env.prod]"),
    ],
)
def test_a_variable_that_is_computed_cannot_be_set(tmp_path, variable, instead):
    """`environment = "staging"` would build the names of another environment."""
    text = f'[env.prod]\nregion = "eu-west-2"\n[env.prod.variables]\n{variable} = "staging"'
    with pytest.raises(SettingsError) as caught:
        parse(text, tmp_path)
    assert caught.value.message == (
        f"resumectl.toml, line 4: env.prod.variables.{variable} cannot be set here: {instead}."
    )
