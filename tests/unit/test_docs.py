"""The documents match the code."""

from __future__ import annotations

import ast
import dataclasses
import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from resumectl import settings
from tests import commands

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CONFIGURATION = (DOCS / "configuration.md").read_text()
EXAMPLE = re.search(r"<!-- every setting -->\n```toml\n(.*?)```", CONFIGURATION, re.DOTALL)[1]
BUILT = re.sub(r"(?m)^(source = \"frontend\")$", r"# \1", EXAMPLE)
BUILT = re.sub(r"(?m)^# (build|output) = ", r"\1 = ", BUILT)
COMMANDS = list(commands.commands())
TOPS = (ROOT, ROOT / "resumectl")
MARKDOWN = [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]
TABLES = {"site", "backend", "retention", "ignores"}
NOT_A_KEY = {"root", "state_dir", "environments"}
SET_BY_RESUMECTL = {
    "project",
    "deployment",
    "environment",
    "region",
    "domain",
    "zone",
    "protected",
    "emulator",
}


def _fields(*kinds):
    return {field.name for kind in kinds for field in dataclasses.fields(kind)}


def test_the_example_is_valid():
    project = settings.parse(EXAMPLE, ROOT)

    assert project.site.source == ROOT / "frontend"
    assert [rule.glob for rule in project.site.cache] == ["downloads/*", "*.pdf"]
    assert project.environment("prod").protected
    assert project.environment("local").emulator


def test_the_example_is_valid_with_a_build_command():
    project = settings.parse(BUILT, ROOT)

    assert (project.site.source, project.site.build, project.site.output) == (
        None,
        "hugo --minify",
        ROOT / "public",
    )


def test_the_example_holds_every_setting():
    tables = tomllib.loads(EXAMPLE), tomllib.loads(BUILT)
    site = tables[0]["site"].keys() | tables[1]["site"].keys()
    environments = {key for name in ("local", "prod") for key in tables[0]["env"][name]}

    assert site == _fields(settings.SiteSettings)
    assert tables[0]["backend"].keys() == _fields(settings.BackendSettings)
    assert environments == _fields(settings.Environment) - {"name"}
    assert tables[0]["releases"].keys() == _fields(settings.Retention)
    assert tables[0]["drift"]["ignore"][0].keys() == _fields(settings.Ignore)
    assert tables[0]["project"].keys() == _fields(settings.Settings) - {*NOT_A_KEY, *TABLES}


def test_every_setting_of_the_example_has_a_comment():
    lines = [line for line in EXAMPLE.splitlines() if line]
    kinds = (
        settings.Settings,
        settings.SiteSettings,
        settings.BackendSettings,
        settings.Retention,
        settings.Ignore,
        settings.Environment,
    )
    for before, line in pairwise(lines):
        key = re.match(r"([a-z_]+) = ", line)
        if key and key[1] in _fields(*kinds):
            assert before.startswith("#"), f"{key[1]} has no comment"


def test_every_terraform_variable_is_in_the_table():
    variables = re.findall(
        r'(?m)^variable "(\w+)"', (ROOT / "terraform" / "variables.tf").read_text()
    )
    function = re.search(
        r"object\(\{(.*?)\}\)", (ROOT / "terraform" / "variables.tf").read_text(), re.DOTALL
    )[1]
    ours = [name for name in variables if name not in {*SET_BY_RESUMECTL, "function"}]
    ours += [f"function.{name}" for name in re.findall(r"(\w+)\s+= optional", function)]

    assert [name for name in ours if f"| `{name}` |" not in CONFIGURATION] == []


def test_every_environment_variable_is_documented():
    source = "".join(file.read_text() for file in (ROOT / "resumectl").rglob("*.py"))

    assert {
        name
        for name in re.findall(r"RESUMECTL_[A-Z_]+", source)
        if f"`{name}`" not in CONFIGURATION
    } == set()


def test_commands_md_matches_help():
    assert (DOCS / "commands.md").read_text() == commands.markdown(), "run: make docs"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help_and_an_example(command):
    assert command.context.command.help, "no help"
    assert command.is_group or command.examples, "no example"


@pytest.mark.parametrize(
    "group", [command for command in COMMANDS if command.is_group], ids=lambda group: group.name
)
def test_no_summary_of_a_command_is_cut_off(group):
    assert "..." not in group.help.partition("\nCommands:\n")[2]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_option_has_help(command):
    options = command.context.command.get_params(command.context)

    assert [option.name for option in options if not getattr(option, "help", None)] == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_example_parses(command):
    assert {
        line: commands.problem(line) for line in command.examples if commands.problem(line)
    } == {}


@pytest.mark.parametrize("file", MARKDOWN, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_command_line_in_the_docs_parses(file):
    blocks = re.findall(r"```(?:sh|console|bash)\n(.*?)```", file.read_text(), re.DOTALL)
    lines = [re.split(r" {2,}#", line)[0] for block in blocks for line in block.splitlines()]
    ours = [line.strip() for line in lines if line.strip().startswith("resumectl ")]

    assert {line: commands.problem(line) for line in ours if commands.problem(line)} == {}


@pytest.mark.parametrize("file", MARKDOWN, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_link_is_broken(file):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", file.read_text()):
        path, _, anchor = target.partition("#")
        document = (file.parent / path).resolve() if path else file
        assert document.exists() or "images" in document.parts, target
        assert not anchor or anchor in _anchors(document.read_text()), target


@pytest.mark.parametrize("section", ["One command through the files", "Where do I change ..."])
def test_every_file_in_contributing_exists(section):
    text = (ROOT / "CONTRIBUTING.md").read_text().partition(f"## {section}\n")[2]
    names = re.findall(r"`((?:\w+/)*\w+\.(?:py|md))`", text.partition("\n## ")[0])

    assert len(names) > 10
    assert [name for name in names if not any((top / name).is_file() for top in TOPS)] == []


def test_every_document_and_heading_in_a_message_exists():
    references = re.findall(r"docs/(\w+\.md)(?:, '([^']+)')?", _strings())

    assert references
    for document, heading in references:
        text = (DOCS / document).read_text()
        assert not heading or re.search(rf"(?m)^#+ {re.escape(heading)}$", text), (
            f"{document}, {heading}"
        )


def test_every_command_in_a_hint_exists():
    names = {command.name for command in COMMANDS}
    hinted = {
        match for hint in _hints() for match in re.findall(r"resumectl (?:local )?[a-z]+", hint)
    }

    assert "resumectl history" in hinted
    assert hinted - names <= {"resumectl in"}  # Run resumectl in ...


def _anchors(text):
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _strings():
    return "\n".join(text for tree in _trees() for text in _texts(tree))


def _hints():
    calls = (node for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.Call))
    hints = (keyword.value for call in calls for keyword in call.keywords if keyword.arg == "hint")
    return ["".join(_texts(hint)) for hint in hints]


def _texts(tree):
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [value for value in constants if isinstance(value, str)]


def _trees():
    return [ast.parse(file.read_text()) for file in (ROOT / "resumectl").rglob("*.py")]
