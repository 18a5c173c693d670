from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resumectl.backoff import Backoff
from resumectl.errors import BuildError
from resumectl.function.handler import check_handler

LAMBDA_SRC = Path(__file__).parents[3] / "lambda_src"
GOOD = "def handler(event, context):\n    return {}\n"


@pytest.fixture
def source(tmp_path):
    def make(text=GOOD, name="counter.py", **others):
        for file, content in {name: text, **others}.items():
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(content)
        return tmp_path

    return make


def refusal(source, handler="counter.handler", **options):
    with pytest.raises(BuildError) as caught:
        check_handler(source, handler, **options)
    assert caught.value.hint
    return caught.value.message


def test_checking_the_counter_leaves_no_files_behind(tmp_path):
    source = tmp_path / "lambda_src"  # a copy: tests beside this one may compile the original
    shutil.copytree(LAMBDA_SRC, source, ignore=shutil.ignore_patterns("__pycache__"))
    before = sorted(os.walk(source))
    check_handler(source, "counter.handler")
    assert sorted(os.walk(source)) == before


@pytest.mark.parametrize(
    ("name", "handler"),
    [
        ("counter.py", "counter.handler"),
        ("api/counter.py", "api.counter.handler"),
        ("api/counter.py", "api/counter.handler"),
        ("counter/__init__.py", "counter.handler"),
    ],
)
def test_modules_are_found_as_on_lambda(source, name, handler):
    check_handler(source(name=name), handler)


def test_a_handler_may_import_and_read_files_beside_it(source):
    text = f"import shared\nopen('data.txt').read()\n{GOOD}"
    check_handler(source(text, **{"shared.py": "x = 1", "data.txt": ""}), "counter.handler")


def test_a_handler_may_be_a_class_or_an_imported_name(source):
    check_handler(source("from shared import handler", **{"shared.py": GOOD}), "counter.handler")
    check_handler(source("class handler: ..."), "counter.handler")


def test_a_handler_may_print_and_start_threads(source):
    thread = "threading.Thread(target=time.sleep, args=(600,)).start()"
    text = f"import threading, time\nprint('hi')\n{thread}\n{GOOD}"
    check_handler(source(text), "counter.handler")


def test_the_import_sees_variables_and_a_region_but_not_this_machines_environment(
    source, monkeypatch
):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("MINE", "1")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    text = (
        "import os\n"
        "assert os.environ['TABLE_NAME'] and os.environ['AWS_REGION']\n"
        "foreign = {'AWS_SECRET_ACCESS_KEY', 'MINE', 'PYTHONPATH', 'HOME'} & set(os.environ)\n"
        "assert not foreign, foreign\n"
    )
    check_handler(source(text + GOOD), "counter.handler")
    check_handler(
        source("import os\nos.environ['OTHER']\n" + GOOD),
        "counter.handler",
        variables={"OTHER": "1"},
    )


@pytest.mark.parametrize(
    "handler",
    ["counter", "", ".handler", "counter.", "a b.handler", "counter.hand-ler", "../x.handler"],
)
def test_an_invalid_handler_is_refused(source, handler):
    assert refusal(source(), handler) == f"{handler!r} is not a valid handler."


def test_a_missing_file_is_named(source):
    message = refusal(source(), "other.handler")
    assert message.startswith("The handler's file other.py does not exist in ")


def test_a_syntax_error_is_named_with_its_line(source):
    assert refusal(source("x = 1\ndef handler(:\n")) == "counter.py:2: invalid syntax."
    assert refusal(source("\nreturn 1\n")).startswith("counter.py:2: 'return' outside function")


def test_a_file_that_is_not_python_is_named(source):
    folder = source()
    (folder / "counter.py").write_bytes(b"x\x00y")
    assert "counter.py" in refusal(folder)
    (folder / "counter.py").write_bytes(b"# coding: utf-8\nx = '\xff'")
    assert "counter.py" in refusal(folder)


def test_a_missing_function_is_named(source):
    assert (
        refusal(source("x = 1"))
        == "Cannot import the handler counter.handler: counter has no 'handler'."
    )


def test_a_handler_must_be_callable(source):
    assert "'handler' of counter is not callable" in refusal(source("handler = 1"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "import no_such_thing",
            "counter.py:1: ModuleNotFoundError: No module named 'no_such_thing'",
        ),
        ("\nimport os\nos.environ['NOPE']", "counter.py:3: KeyError: 'NOPE'"),
        ("raise SystemExit(3)", "counter.py:1: SystemExit: 3"),
        ("import json\njson.loads('')", "counter.py:2: JSONDecodeError"),
        ("import sys\nsys.does_not_exist", "counter.py:2: AttributeError"),
    ],
)
def test_a_failing_import_says_where_and_why(source, text, reason):
    assert reason in refusal(source(text + "\n" + GOOD))


def test_the_location_is_in_the_imported_file_that_failed(source):
    others = {"shared.py": "\n\nx = 1 / 0", "broken.py": "x = (\n"}
    assert "shared.py:3: ZeroDivisionError: division by zero" in refusal(
        source("import shared", **others)
    )
    assert "broken.py:1: SyntaxError: '(' was never closed" in refusal(
        source("import broken", **others)
    )


def test_an_import_that_hangs_is_killed(source):
    assert "did not finish within 0.5 s" in refusal(
        source("import time\ntime.sleep(60)\n" + GOOD), seconds=0.5
    )


def test_time_while_we_are_suspended_does_not_count(source, tmp_path):
    """The interpreter that imports goes on and ends meanwhile."""
    fifo, seconds = tmp_path / "fifo", 3
    os.mkfifo(fifo)
    folder = source(f"open({str(fifo)!r}, 'w').close(); open({str(fifo)!r}).close()\n{GOOD}")
    code = (
        "import sys; from pathlib import Path; from resumectl.function.handler import *;"
        f"check_handler(Path(sys.argv[1]), 'counter.handler', seconds={seconds})"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(folder)]) as checking:
        fifo.read_text()  # the import began
        checking.send_signal(signal.SIGSTOP)
        suspended = time.monotonic()
        fifo.write_text("")
        assert Backoff(60).until(lambda: time.monotonic() > suspended + seconds + 1)
        checking.send_signal(signal.SIGCONT)
    assert checking.returncode == 0


@pytest.mark.parametrize(
    ("text", "code"), [("import os\nos._exit(0)", 0), ("import os\nos.kill(os.getpid(), 9)", -9)]
)
def test_an_import_that_kills_the_interpreter_is_reported(source, text, code):
    assert f"killed the interpreter (exit code {code})" in refusal(source(text))


def test_an_import_cannot_fake_the_result(source):
    assert "Cannot import" in refusal(source("import os\nos.write(1, b'[]')\nos._exit(0)"))


def test_a_handler_may_create_a_client_without_credentials(source):
    check_handler(
        source("import boto3\nclient = boto3.client('dynamodb')\n" + GOOD), "counter.handler"
    )
