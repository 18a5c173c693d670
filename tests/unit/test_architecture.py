"""The house: who may import whom, who owns which library, how large things may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGE = {path: ast.parse(path.read_text()) for path in sorted((ROOT / "resumectl").rglob("*.py"))}
MOCK = re.compile(r"^\s*(import unittest|from unittest(\.mock)? import)", re.MULTILINE)

GROUND = {
    *("plan", "part", "progress", "aws", "settings", "errors"),
    *("process", "parallel", "files", "filelock", "backoff", "fence", "responses", "disclosure"),
    "interrupts",
}
PARTS = {"infra", "function", "site"}
MAY_IMPORT = {
    "__main__": {"cli"},
    "cli": {"report", "commands", "steps", "local", "smoke", "release", *PARTS, *GROUND},
    "report": {"plan", "progress", "errors"},
    "commands": {"steps", "smoke", "release", *GROUND},
    "steps": {"smoke", "release", *GROUND},
    "infra": {"release", *GROUND},
    "function": {"release", *GROUND},
    "site": {"resume", "release", *GROUND},
    "resume": GROUND,
    "smoke": GROUND,
    "release": GROUND - {"part", "progress"},
    "local": {"errors", "settings", "process", "files", "filelock", "backoff"},
    "disclosure": {"plan"},
    "part": {"plan", "errors", "release"},
    "progress": {"aws"},
    "aws": {"clock", "denial", "mfa", "settings", "errors", "fence", "responses"},
    "mfa": {"errors"},
    "settings": {"patterns", "tables", "errors"},
    "patterns": {"tables"},
    "tables": {"errors"},
    "files": {"errors"},
    "process": {"backoff"},
}
HOUSE = {path.stem for path in (ROOT / "resumectl").iterdir()}
NAMELESS = ("commands/", "steps/", "release/", "part.py", "plan.py", "progress.py")
"""What works with any parts, so it names none."""
OWNERS = {
    "typer": ("cli/",),
    "rich": ("report/", "cli/"),
    "boto3": ("aws.py",),
    "botocore": ("aws.py", "responses.py"),
    "python_terraform": ("infra/runner.py",),
    "ministack": ("local/",),
    "resumectl.local": ("cli/", "local/"),
}
ANYONES = "botocore.exceptions"
HEAVY = ("boto3", "botocore", "rich", "jinja2", "jsonschema", "urllib3", "python_terraform")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "resumectl").as_posix()


def top_of(name: str) -> str:
    return name.partition("/")[0].removesuffix(".py")


@cache
def imports(tree: ast.AST) -> tuple[str, ...]:
    """Every imported module, also inside functions; of `from a import b` both `a` and `a.b`."""
    return tuple(module for node in ast.walk(tree) for module in imported(node))


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        yield from (module, *(f"{module}.{alias.name}" for alias in node.names))


def when_loaded(tree: ast.AST) -> Iterator[str]:
    """The modules that are imported with the module, not in functions or for type checking."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from imported(node)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and not (
            isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        ):
            yield from when_loaded(node)


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def test_imports_go_down_only():
    found = []
    for path, tree in PACKAGE.items():
        here = top_of(name_of(path))
        for module in (module for module in imports(tree) if within(module, "resumectl")):
            there = top_of(module.removeprefix("resumectl").lstrip(".").replace(".", "/"))
            if there in HOUSE and there != here and there not in MAY_IMPORT.get(here, ()):
                found.append(f"{name_of(path)} imports {module}")
    assert found == []


def test_values_leave_only_disclosed():
    """Outside of parts, one function reads the sides of a change; it calls `disclosure.shown`."""
    readers = {
        f"{name_of(path)} {function.name}"
        for path, tree in PACKAGE.items()
        if top_of(name_of(path)) in ("steps", "commands", "report", "cli", "release")
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr in ("before", "after")
        if ast.unparse(node.value) != "row"
    }
    assert readers == {"steps/drift.py describe"}


def test_no_command_imports_a_command():
    found = [
        f"{name_of(path)} imports {module}"
        for path, tree in PACKAGE.items()
        for module in imports(tree)
        if name_of(path).startswith("commands/") and within(module, "resumectl.commands")
    ]
    assert found == []


def test_only_wiring_brings_parts_together():
    found = [
        f"{name_of(path)} imports {module}"
        for path, tree in PACKAGE.items()
        for module in imports(tree)
        for part in PARTS
        if within(module, f"resumectl.{part}.part") and top_of(name_of(path)) != part
    ]
    assert {line.partition(" ")[0] for line in found} == {"cli/wiring.py"}


def test_only_wiring_makes_clients_that_the_fence_does_not_stop():
    found = {
        name_of(path)
        for path, tree in PACKAGE.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and any(keyword.arg == "fenced" for keyword in node.keywords)
    }
    assert found == {"cli/wiring.py"}


def test_commands_and_steps_name_no_part():
    found = [
        f"{name_of(path)}:{node.lineno} {node.value}"
        for path, tree in PACKAGE.items()
        if name_of(path).startswith(NAMELESS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in ("infra", "function")
    ]
    assert found == []


def test_the_parts_have_files_of_the_same_names():
    for part in PARTS:
        files = {path.name for path in (ROOT / "resumectl" / part).iterdir()}
        assert {"part.py", "record.py", "snapshot.py"} <= files, part


def test_conditional_expressions_are_not_nested():
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in PACKAGE.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.IfExp)
        and any(isinstance(inner, ast.IfExp) for inner in (node.body, node.orelse, node.test))
    ]
    assert found == []


def test_imports_are_absolute():
    assert [
        name_of(path)
        for path, tree in PACKAGE.items()
        for module in imports(tree)
        if module.startswith(".")
    ] == []


def test_every_library_has_its_owner():
    found = [
        f"{name_of(path)} imports {module}"
        for path, tree in PACKAGE.items()
        for module in imports(tree)
        for library, owners in OWNERS.items()
        if within(module, library)
        and not name_of(path).startswith(owners)
        and not within(module, ANYONES)
    ]
    assert found == []


def test_nothing_heavy_is_loaded_with_a_module():
    found = [
        f"{name_of(path)} loads {module}"
        for path, tree in PACKAGE.items()
        for module in when_loaded(tree)
        if any(within(module, library) for library in HEAVY)
    ]
    assert found == []


def functions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def test_files_are_short():
    assert [name_of(path) for path in PACKAGE if len(path.read_text().splitlines()) > 300] == []


def test_functions_are_short():
    lengths = [
        (size, name, name_of(path))
        for path, tree in PACKAGE.items()
        for name, size in functions(tree)
    ]
    assert [found for found in lengths if found[0] > 60] == []
    assert sum(size <= 35 for size, *_ in lengths) >= 0.9 * len(lengths)


def test_only_the_renderers_print():
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in PACKAGE.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert found == []


def test_fakes_not_mocks():
    assert [path for path in (ROOT / "tests").rglob("*.py") if MOCK.search(path.read_text())] == []


def loaded(code: str) -> set[str]:
    """The packages that an interpreter has loaded after running some code."""
    report = (
        "\nimport sys; sys.stderr.write(' '.join({name.split('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(run.stderr.split())


def test_the_command_line_loads_nothing_heavy():
    assert loaded("import resumectl.cli") & {*HEAVY, "pydantic"} == set()


def test_the_version_is_told_before_typer_is_loaded():
    run = "runpy.run_module('resumectl', run_name='__main__')"
    code = f"import sys, runpy; sys.argv[1:] = ['--version']; {run}"
    assert loaded(code) & {*HEAVY, "typer", "click"} == set()
