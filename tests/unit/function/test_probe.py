from __future__ import annotations

import json
import subprocess
import sys
import uuid

import pytest

from resumectl.function import probe


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module with some code; returns its name, which no other test uses."""
    monkeypatch.setattr(sys, "path", [*sys.path])

    def write(code):
        name = f"handler_{uuid.uuid4().hex}"
        (tmp_path / f"{name}.py").write_text(code)
        return name

    return write


def test_a_callable_attribute_is_no_error(tmp_path, module):
    name = module("def handler(event, context): ...")
    assert probe.probe(str(tmp_path), name, "handler") == {"error": None, "where": None}


@pytest.mark.parametrize(
    ("code", "error"), [("x = 1", "{} has no 'handler'"), ("handler = 1", "is not callable")]
)
def test_an_attribute_must_exist_and_be_callable(tmp_path, module, code, error):
    name = module(code)
    result = probe.probe(str(tmp_path), name, "handler")
    assert error.format(name) in result["error"]
    assert result["where"] is None


@pytest.mark.parametrize(
    ("code", "error", "line"),
    [
        ("x = 1\nraise ValueError('no')", "ValueError: no", 2),
        ("raise SystemExit(3)", "SystemExit: 3", 1),
        ("\n\nimport json\njson.loads('')", "JSONDecodeError: Expecting value", 4),
        ("x = (", "SyntaxError: '(' was never closed", 1),
    ],
)
def test_a_failing_import_names_the_last_line_in_the_folder(tmp_path, module, code, error, line):
    name = module(code)
    result = probe.probe(f"{tmp_path}/", name, "handler")
    assert result["error"].startswith(error)
    assert result["where"] == f"{name}.py:{line}"


def test_a_failure_outside_the_folder_has_no_location(tmp_path):
    result = probe.probe(str(tmp_path), "no_such_module_anywhere", "handler")
    assert result["error"].startswith("ModuleNotFoundError")
    assert result["where"] is None


def test_the_result_is_the_last_line_of_the_output(tmp_path, module):
    name = module("print('hello', end='')\ndef handler(event, context): ...")
    command = [sys.executable, "-I", probe.__file__, str(tmp_path), name, "handler"]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    assert json.loads(output.splitlines()[-1]) == {"error": None, "where": None}
