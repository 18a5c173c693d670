"""The same folder is the same bytes, and what is in them."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import resource
import stat
import subprocess
import sys
import zipfile
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resumectl.errors import BuildError
from resumectl.function import archive as module
from resumectl.function.archive import Archive, archive, of, write


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "lambda_src"
    folder.mkdir()
    (folder / "counter.py").write_text("def handler(event, context): ...\n")
    return folder


def names(folder):
    return list(archive(folder).files)


def entries(made):
    return zipfile.ZipFile(io.BytesIO(made.data)).infolist()


# --- the bytes


def test_the_bytes_are_fixed_for_ever(source):
    """A golden value: another Python, machine or release of resumectl that packs differently shows here."""
    (source / "data").mkdir()
    (source / "data" / "é.json").write_text("{}")
    made = archive(source)
    assert made.sha256 == "2473c5ecdb01901ee4f246b975b6186a6554e243cdc7fee277f8922ec809eeb0"


def test_the_digests_are_those_of_the_bytes(source):
    made = archive(source)
    digest = hashlib.sha256(made.data)
    assert made.sha256 == digest.hexdigest()
    assert made.code_sha256 == base64.b64encode(digest.digest()).decode()
    assert made.size == len(made.data)


def test_umask_clock_mode_and_order_of_creation_do_not_matter(source, tmp_path):
    (source / "a.py").write_text("1")
    other = tmp_path / "other"
    other.mkdir()
    before = os.umask(0o077)
    try:
        (other / "a.py").write_text("1")
        (other / "counter.py").write_bytes((source / "counter.py").read_bytes())
    finally:
        os.umask(before)
    (other / "a.py").chmod(0o755)
    os.utime(other / "a.py", (1, 1))
    assert archive(other).data == archive(source).data


def test_another_interpreter_in_another_time_zone_makes_the_same(source):
    code = (
        "import sys, pathlib\n"
        "from resumectl.function.archive import archive\n"
        "print(archive(pathlib.Path(sys.argv[1])).sha256)"
    )
    env = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    done = subprocess.run(
        [sys.executable, "-c", code, source], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == archive(source).sha256


def test_each_entry_is_stored_with_fixed_mode_and_date(source):
    (source / "tool.sh").write_text("#!/bin/sh\n")
    (source / "tool.sh").chmod(0o700)
    for entry in entries(archive(source)):
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.external_attr >> 16 == stat.S_IFREG | 0o644
        assert entry.create_system == 3
        assert entry.compress_type == zipfile.ZIP_STORED


def test_the_content_is_the_content(source):
    (source / "blob").write_bytes(bytes(range(256)))
    (source / "empty").touch()
    with zipfile.ZipFile(io.BytesIO(archive(source).data)) as made:
        assert made.testzip() is None
        assert made.read("blob") == bytes(range(256))
        assert made.read("empty") == b""


def test_one_byte_makes_another_archive(source):
    before = archive(source).sha256
    (source / "counter.py").write_text("def handler(event, context): ....\n")
    assert archive(source).sha256 != before


def test_the_order_is_that_of_the_names(source):
    for name in ("b/c.py", "b.py", "B.py", "a-b/x.py", "a/x.py", "é.py"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).touch()
    made = archive(source)
    assert list(made.files) == sorted(made.files)
    assert [entry.filename for entry in entries(made)] == list(made.files)


NAMES = st.text(st.sampled_from("ab.~#_-é "), min_size=1, max_size=6)


@given(left_out=NAMES)
def test_what_stays_out_is_decided_by_the_name_alone(left_out):
    out = (
        left_out.startswith(".")
        or left_out.endswith("~")
        or (left_out[0] == left_out[-1] == "#" and len(left_out) > 1)
    )
    assert module._left_out(left_out) == out


# --- what goes in


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        ".git/config",
        ".DS_Store",
        "sub/.hidden/x.py",
        "__pycache__/counter.cpython-313.pyc",
        "sub/__pycache__/x.txt",
        "counter.pyc",
        "counter.pyo",
        "counter.py~",
        "#counter.py#",
        ".counter.py.swp",
        "counter.py.swo",
        "counter.py.bak",
        "counter.py.orig",
    ],
)
def test_caches_dotfiles_and_backups_stay_out(source, name):
    before = archive(source).sha256
    (source / name).parent.mkdir(parents=True, exist_ok=True)
    (source / name).write_text("secret")
    assert archive(source).sha256 == before


def test_everything_else_goes_in(source):
    for name in (
        "counter.json",
        "pkg/__init__.py",
        "tests/test_x.py",
        "a b.txt",
        "Makefile",
        "x.pyd",
        "#one",
    ):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).touch()
    assert set(names(source)) == {
        *(
            "#one",
            "Makefile",
            "a b.txt",
            "counter.json",
            "counter.py",
            "pkg/__init__.py",
            "tests/test_x.py",
            "x.pyd",
        )
    }


def test_empty_folders_are_nothing(source):
    before = archive(source).sha256
    (source / "empty" / "deeper").mkdir(parents=True)
    assert archive(source).sha256 == before


def test_names_are_composed_whatever_the_file_system_hands_out(source, tmp_path):
    (source / "caf\u0065\u0301.py").touch()
    assert "caf\u00e9.py" in names(source)
    (source / "caf\u00e9.py").touch()
    with pytest.raises(BuildError, match=r"both called café\.py"):
        archive(source)


def test_a_name_that_is_not_utf8_is_refused(source):
    try:
        (source / os.fsdecode(b"\xff.py")).touch()
    except OSError:
        pytest.skip("this file system only takes UTF-8")
    with pytest.raises(BuildError, match="not UTF-8"):
        archive(source)


# --- links


def test_a_link_in_the_tree_is_followed_as_a_file(source):
    (source / "same.py").symlink_to("counter.py")
    with zipfile.ZipFile(io.BytesIO(archive(source).data)) as made:
        assert made.read("same.py") == made.read("counter.py")


def test_a_link_to_a_folder_of_the_tree_is_followed(source):
    (source / "pkg").mkdir()
    (source / "pkg" / "x.py").touch()
    (source / "alias").symlink_to("pkg")
    assert names(source) == ["alias/x.py", "counter.py", "pkg/x.py"]


def test_the_folder_itself_may_be_a_link(source, tmp_path):
    (tmp_path / "link").symlink_to(source)
    assert archive(tmp_path / "link").data == archive(source).data


@pytest.mark.parametrize("target", ["../outside.txt", "/etc/hostname", "..", "../lambda_src2"])
def test_a_link_out_of_the_tree_is_refused(source, target):
    (source.parent / "outside.txt").touch()
    (source.parent / "lambda_src2").mkdir()
    (source / "link").symlink_to(target)
    with pytest.raises(BuildError, match=r"link .* leads out of") as caught:
        archive(source)
    assert caught.value.hint


@pytest.mark.parametrize("target", ["missing", "link"])
def test_a_link_to_nothing_is_refused(source, target):
    (source / "link").symlink_to(target)
    with pytest.raises(BuildError, match="leads nowhere"):
        archive(source)


def test_a_link_is_no_way_round_what_stays_out(source):
    (source / ".env").write_text("SECRET=1")
    (source / "settings").symlink_to(".env")
    with pytest.raises(BuildError, match="never packaged"):
        archive(source)


@pytest.mark.parametrize("place", ["link", "sub/link"])
def test_a_link_to_a_folder_it_is_in_is_refused(source, place):
    (source / "sub").mkdir()
    (source / place).symlink_to(source)
    with pytest.raises(BuildError, match="a folder it is in"):
        archive(source)


# --- refusals


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(BuildError, match="There is no folder") as caught:
        archive(tmp_path / "nothing")
    assert "[backend] source" in caught.value.hint


def test_a_file_is_no_folder(source):
    with pytest.raises(BuildError, match="There is no folder"):
        archive(source / "counter.py")


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / ".env").touch()
    with pytest.raises(BuildError, match="nothing to package"):
        archive(tmp_path)


def test_a_pipe_is_refused_and_never_read(source):
    os.mkfifo(source / "pipe")
    with pytest.raises(BuildError, match="neither a file nor a folder"):
        archive(source)


def test_what_vanishes_meanwhile_is_named(tmp_path):
    path = tmp_path / "gone.py"
    with pytest.raises(BuildError, match=r"Cannot read .*gone\.py: No such file"):
        module._read(path, path.read_bytes)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("name", ["counter.py", "sub"])
def test_what_cannot_be_read_is_named(source, name):
    (source / "sub").mkdir()
    (source / name).chmod(0)
    try:
        with pytest.raises(BuildError, match=f"Cannot read .*{name}: Permission denied"):
            archive(source)
    finally:
        (source / name).chmod(0o700)


def grown(path, size):
    with path.open("wb") as file:
        file.truncate(size)


def test_more_than_lambda_takes_is_refused_before_it_is_read(source):
    grown(source / "big", 2**40)
    with pytest.raises(
        BuildError, match=r"makes a zip of 1048576\.0 MB; Lambda takes 50 MB"
    ) as caught:
        archive(source)
    assert "layer" in caught.value.hint


def test_what_the_zip_adds_counts_too(source):
    grown(source / "big", 50 * 2**20 - (source / "counter.py").stat().st_size)
    with pytest.raises(BuildError, match=r"makes a zip of 50\.0 MB"):
        archive(source)


def test_an_archive_that_was_kept_is_the_same(source):
    (source / "a").mkdir()
    (source / "a" / "b.json").touch()
    assert of(archive(source).data) == archive(source)


# --- writing


def test_write_puts_the_bytes_there(source, tmp_path):
    made = archive(source)
    write(made, tmp_path / "new" / "function.zip")
    assert (tmp_path / "new" / "function.zip").read_bytes() == made.data
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "function.zip"]


@contextmanager
def disk_with(bytes_left):
    """A file may not grow beyond this: the closest to a full disk that needs no disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_file_and_no_half_one(tmp_path):
    path = tmp_path / "function.zip"
    path.write_text("old")
    with (
        disk_with(10_000),
        pytest.raises(BuildError, match=r"Cannot write .*function\.zip") as caught,
    ):
        write(Archive(b"x" * 20_000, "0" * 64, ()), path)
    assert "Free some space" in caught.value.hint
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_an_error(source, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BuildError, match="Cannot write"):
        write(archive(source), tmp_path / "file" / "function.zip")
    with pytest.raises(BuildError, match="Cannot write"):
        write(archive(source), tmp_path)
