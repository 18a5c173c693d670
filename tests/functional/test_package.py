"""The zip: the same bytes everywhere, and all of it or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.project import ROOT, Run

if TYPE_CHECKING:
    from collections.abc import Callable

SHELL = 'umask "$1"; ulimit -f "$2"; shift 2; exec "$@"'


def package(project: Path, *args: str, umask: str = "022", blocks: str = "unlimited") -> Run:
    """Run `resumectl package` with another umask, or with a limit on the size of files."""
    command = [sys.executable, "-m", "resumectl", "package", *args]
    done = subprocess.run(
        ["bash", "-c", SHELL, "bash", umask, blocks, *command],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(tuple(args), done.returncode, done.stdout, done.stderr)


def left_over(folder: Path) -> list[str]:
    """Half-written files."""
    return [
        path.name
        for path in folder.rglob(".*")
        if path.name.startswith(".function") or ".zip" in path.name
    ]


def test_two_copies_with_other_times_and_umasks_make_the_same_bytes(
    project: Path, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere" / "a copy"
    shutil.copytree(project, other, copy_function=shutil.copyfile)
    (other / "lambda_src" / "__pycache__").mkdir()
    (other / "lambda_src" / "__pycache__" / "counter.cpython-313.pyc").write_bytes(b"x")
    (other / "lambda_src" / ".DS_Store").write_bytes(b"x")
    for path in other.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (0, 0))
    runs = [package(project, "--json"), package(other, "--json", umask="077")]
    zips = [
        Path(folder, run.json["path"]).read_bytes()
        for folder, run in zip((project, other), runs, strict=True)
    ]

    assert zips[0] == zips[1]
    assert {run.json["sha256"] for run in runs} == {hashlib.sha256(zips[0]).hexdigest()}
    assert [run.json["files"] for run in runs] == [["counter.py"], ["counter.py"]]


def test_out_names_the_file(resumectl: Callable[..., Run], tmp_path: Path) -> None:
    out = tmp_path / "new" / "counter.zip"
    done = resumectl("package", "--out", str(out), "--json")

    assert (done.code, done.json["path"]) == (0, str(out))
    assert done.json["size"] == out.stat().st_size
    assert zipfile.ZipFile(out).namelist() == ["counter.py"]


def test_a_full_disk_leaves_what_was_there(project: Path) -> None:
    first = package(project)
    made = project / ".resumectl" / "env" / "local" / "function.zip"
    before = made.read_bytes()
    (project / "lambda_src" / "data.bin").write_bytes(bytes(100_000))
    full = package(project, blocks="20")

    assert (first.code, full.code) == (0, 1)
    assert "error: Cannot write" in full.err
    assert "hint: Free some space, or write it elsewhere." in full.err
    assert made.read_bytes() == before
    assert left_over(project) == []


@pytest.mark.parametrize(("device", "code"), [("full", 1), ("null", 0)])
def test_a_device_is_written_to_and_not_replaced(
    resumectl: Callable[..., Run], tmp_path: Path, device: str, code: int
) -> None:
    link = tmp_path / device
    link.symlink_to(f"/dev/{device}")
    done = resumectl("package", "--out", str(link))

    assert done.code == code, done
    assert ("No space left on device" in done.err) == (device == "full")
    assert link.is_symlink()
    assert stat.S_ISCHR(link.stat().st_mode)
    assert left_over(tmp_path) == []
