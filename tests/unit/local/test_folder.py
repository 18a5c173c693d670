from __future__ import annotations

import os
from typing import TYPE_CHECKING

from resumectl.local import folder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_long_log_is_rotated_while_processes_append_to_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 11)
        folder.rotate(log, limit=10)
        writer.write(b"after")
    assert (log.read_bytes(), (tmp_path / "log.1").read_bytes()) == (b"after", b"x" * 11)


def test_a_short_or_missing_log_is_not_rotated(tmp_path: Path) -> None:
    log = tmp_path / "log"
    folder.rotate(log)
    log.write_text("short")
    folder.rotate(log, limit=10)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_last_lines_skips_blank_lines_and_bad_bytes(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert folder.last_lines(log) == "its log is empty"
    log.write_bytes(b"1\n2\n\n  3 \n\xff4\n\n")
    assert folder.last_lines(log) == "2 | 3 | \N{REPLACEMENT CHARACTER}4"


def test_the_state_gives_the_time_and_all_data_the_size(tmp_path: Path) -> None:
    assert (folder.saved_at(tmp_path), folder.size(tmp_path)) == (None, 0)
    for name, text, when in (
        ("state/a.json", "12", 10),
        ("state/b.json", "3", 20),
        ("s3/x/y", "4567", 30),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (when, when))
    assert (folder.saved_at(tmp_path), folder.size(tmp_path)) == (20, 7)
