"""A profile with MFA where there is no terminal, such as in a cron job."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROFILES = """
[profile base]
aws_access_key_id = test
aws_secret_access_key = test
[profile mfa]
role_arn = arn:aws:iam::000000000000:role/deployer
source_profile = base
mfa_serial = arn:aws:iam::000000000000:mfa/dev
"""


@pytest.mark.parametrize("command", ["status", "deploy", "history"])
def test_a_prompt_that_nobody_can_answer_is_one_line_and_no_bug(
    project: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "config").write_text(PROFILES)
    settings = (project / "resumectl.toml").read_text()
    (project / "resumectl.toml").write_text(
        settings.replace("[env.prod]", '[env.prod]\nprofile = "mfa"')
    )
    yes = ["--yes"] if command == "deploy" else []
    done = subprocess.run(
        [sys.executable, "-m", "resumectl", "-C", str(project), command, "-e", "prod", *yes],
        env={**os.environ, "AWS_CONFIG_FILE": str(tmp_path / "config")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,  # without a terminal to ask on
        check=False,
    )
    assert done.returncode == 1, done.stderr
    *_, error, hint = done.stderr.splitlines()
    assert error.startswith("error: AWS asks for an MFA code while ")
    assert hint.startswith("hint: Run the command on a terminal")
    assert "Warning" not in done.stderr
    assert not list(project.glob(".resumectl/crash-*"))
