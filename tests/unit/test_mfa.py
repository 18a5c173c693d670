from __future__ import annotations

import os
import pty
import subprocess
import sys

COMMAND = (
    *(sys.executable, "-W", "error", "-c"),
    "from resumectl import mfa; print('code', mfa.code('MFA code: '))",
)
NO_TTY = {"text": True, "start_new_session": True}
PROMPT = "MFA code: "


def test_without_a_terminal_nothing_is_asked():
    done = subprocess.run(
        COMMAND, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60, **NO_TTY
    )
    assert done.stderr.splitlines()[-1] == "EOFError"
    assert PROMPT not in done.stderr


def test_a_terminal_is_asked():
    ours, theirs = pty.openpty()
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(COMMAND, stdin=theirs, **pipes, **NO_TTY) as asking:
        assert asking.stderr.read(len(PROMPT)) == PROMPT
        os.write(ours, b"123456\n")
        assert asking.stdout.read() == "code 123456\n"
    os.close(ours)
    os.close(theirs)
