"""How tests are written: mirrors, no patches of our code, nothing shared between folders."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
PACKAGE = TESTS.parent / "resumectl"
SOURCES = {path: ast.parse(path.read_text()) for path in sorted(TESTS.rglob("*.py"))}
EXEMPT = {
    "cli/__init__.py": "registers the commands: test_docs.py asks each for its help",
}
"""Modules without a test of the same name, and what tests them instead."""


def modules():
    return sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def has_code(module):
    tree = ast.parse((PACKAGE / module).read_text())
    return any(not isinstance(node, (ast.Expr, ast.ImportFrom, ast.Assign)) for node in tree.body)


def mirror(module):
    if module.name == "__init__.py":
        folder = module.parent
        return TESTS / "unit" / folder.parent / f"test_{folder.name}.py"
    name = module.stem.strip("_")
    return TESTS / "unit" / module.parent / f"test_{name}.py"


def test_every_module_has_a_test_of_its_name():
    missing = [
        str(module)
        for module in modules()
        if has_code(module) and str(module) not in EXEMPT and not mirror(module).exists()
    ]
    assert missing == []


def test_every_exemption_is_needed():
    assert [name for name in EXEMPT if mirror(Path(name)).exists()] == []


def patched(tree):
    """What `monkeypatch.setattr` and the like are given, as source text."""
    for node in ast.walk(tree):
        call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if call and node.func.attr == "setattr" and node.args:
            yield node.lineno, ast.unparse(node.args[0])


def ours(tree):
    """The names under which a test knows modules of resumectl."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("resumectl"):
            names |= {alias.asname or alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            names |= {a.asname or a.name for a in node.names if a.name.startswith("resumectl")}
    return names


def test_no_test_patches_our_code():
    found = [
        f"{path.relative_to(TESTS)}:{line} {target}"
        for path, tree in SOURCES.items()
        for line, target in patched(tree)
        if target in ours(tree) or target.strip("'\"").startswith("resumectl.")
    ]
    assert found == []


def test_no_test_imports_a_conftest():
    found = [
        f"{path.relative_to(TESTS)} imports {node.module}"
        for path, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".conftest")
    ]
    assert found == []
