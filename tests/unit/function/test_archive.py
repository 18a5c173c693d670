"""The zip of a function: the same folder gives the same bytes, and which files are in them."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import resource
import stat
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resumectl.errors import BuildError
from resumectl.function.archive import Archive, _read, archive, of, write


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "lambda_src"
    folder.mkdir()
    (folder / "counter.py").write_text("def handler(event, context): ...\n")
    return folder


def names(folder):
    return list(archive(folder).files)


def opened(zipped):
    return zipfile.ZipFile(io.BytesIO(zipped.data))


# --- the bytes


def test_the_bytes_never_change(source):
    """It fails if another Python, machine or release of resumectl zips differently."""
    (source / "data").mkdir()
    (source / "data" / "é.json").write_text("{}")
    assert archive(source).sha256 == (
        "2473c5ecdb01901ee4f246b975b6186a6554e243cdc7fee277f8922ec809eeb0"
    )


def test_the_digests_and_the_size_are_those_of_the_bytes(source):
    zipped = archive(source)
    digest = hashlib.sha256(zipped.data)
    assert zipped.sha256 == digest.hexdigest()
    assert zipped.code_sha256 == base64.b64encode(digest.digest()).decode()
    assert zipped.size == len(zipped.data)


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


def test_time_zone_locale_and_hash_seed_do_not_matter(source):
    code = (
        "import sys, pathlib\n"
        "from resumectl.function.archive import archive\n"
        "print(archive(pathlib.Path(sys.argv[1])).sha256)"
    )
    env = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    run = subprocess.run(
        [sys.executable, "-c", code, source], env=env, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == archive(source).sha256


def test_each_entry_is_stored_with_a_fixed_mode_and_date(source):
    (source / "tool.sh").write_text("#!/bin/sh\n")
    (source / "tool.sh").chmod(0o700)
    for entry in opened(archive(source)).infolist():
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.external_attr >> 16 == stat.S_IFREG | 0o644
        assert entry.create_system == 3
        assert entry.compress_type == zipfile.ZIP_STORED


def test_the_entries_have_the_content_of_the_files(source):
    (source / "blob").write_bytes(bytes(range(256)))
    (source / "empty").touch()
    with opened(archive(source)) as zipped:
        assert zipped.testzip() is None
        assert zipped.read("blob") == bytes(range(256))
        assert zipped.read("empty") == b""


def test_one_more_byte_changes_the_digest(source):
    before = archive(source).sha256
    (source / "counter.py").write_text("def handler(event, context): ....\n")
    assert archive(source).sha256 != before


def test_entries_are_sorted_by_their_full_name(source):
    for name in ("b/c.py", "b.py", "B.py", "a-b/x.py", "a/x.py", "é.py"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).touch()
    zipped = archive(source)
    assert list(zipped.files) == sorted(zipped.files)
    assert opened(zipped).namelist() == list(zipped.files)


# --- which files


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
def test_caches_dotfiles_and_backups_are_left_out(source, name):
    before = archive(source).sha256
    (source / name).parent.mkdir(parents=True, exist_ok=True)
    (source / name).write_text("secret")
    assert archive(source).sha256 == before


@given(name=st.text(st.sampled_from("ab.~#_-é "), min_size=1, max_size=6))
def test_only_the_name_decides_what_is_left_out(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("source")
    (folder / "counter.py").touch()
    if name not in (".", ".."):
        (folder / name).touch()
    left_out = (
        name.startswith(".") or name.endswith("~") or (name[0] == name[-1] == "#" and len(name) > 1)
    )
    assert sorted(names(folder)) == sorted({"counter.py", *([] if left_out else [name])})


def test_every_other_file_is_packaged(source):
    others = {
        *("#one", "Makefile", "a b.txt", "counter.json"),
        *("pkg/__init__.py", "tests/test_x.py", "x.pyd"),
    }
    for name in others:
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).touch()
    assert set(names(source)) == {"counter.py", *others}


def test_empty_folders_do_not_change_the_zip(source):
    before = archive(source).sha256
    (source / "empty" / "deeper").mkdir(parents=True)
    assert archive(source).sha256 == before


def test_names_are_composed_and_two_forms_of_one_name_are_refused(source):
    (source / "caf\u0065\u0301.py").touch()
    assert "caf\u00e9.py" in names(source)
    (source / "caf\u00e9.py").touch()
    with pytest.raises(BuildError, match=r"two files named café\.py"):
        archive(source)


def test_a_name_that_is_not_utf8_is_refused(source):
    try:
        (source / os.fsdecode(b"\xff.py")).touch()
    except OSError:
        pytest.skip("this file system only takes UTF-8")
    with pytest.raises(BuildError, match="not UTF-8"):
        archive(source)


def test_a_link_is_packaged_as_what_it_links_to(source):
    (source / "same.py").symlink_to("counter.py")
    (source / "pkg").mkdir()
    (source / "pkg" / "x.py").write_text("x = 1")
    (source / "alias").symlink_to("pkg")
    with opened(archive(source)) as zipped:
        assert zipped.namelist() == ["alias/x.py", "counter.py", "pkg/x.py", "same.py"]
        assert zipped.read("same.py") == zipped.read("counter.py")
        assert zipped.read("alias/x.py") == b"x = 1"


def test_the_source_itself_may_be_a_link(source, tmp_path):
    (tmp_path / "link").symlink_to(source)
    assert archive(tmp_path / "link").data == archive(source).data


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("../outside.txt", "outside"),
        ("/etc/hostname", "outside"),
        ("missing", "a broken link"),
        (".env", "which is excluded"),
        ("__pycache__", "which is excluded"),
        (".", "a folder that contains it"),
    ],
)
def test_other_links_are_refused(source, target, reason):
    (source.parent / "outside.txt").touch()
    (source / ".env").write_text("SECRET=1")
    (source / "__pycache__").mkdir()
    (source / "link").symlink_to(target)
    with pytest.raises(BuildError, match=f"link is .*{reason}") as caught:
        archive(source)
    assert caught.value.hint


# --- refusals


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(BuildError, match="There is no folder") as caught:
        archive(tmp_path / "nothing")
    assert "[backend] source" in caught.value.hint


def test_a_file_instead_of_a_folder_is_refused(source):
    with pytest.raises(BuildError, match="There is no folder"):
        archive(source / "counter.py")


def test_a_folder_with_nothing_to_package_is_refused(tmp_path):
    (tmp_path / ".env").touch()
    with pytest.raises(BuildError, match="nothing to package"):
        archive(tmp_path)


def test_a_pipe_is_refused_and_never_read(source):
    os.mkfifo(source / "pipe")
    with pytest.raises(BuildError, match="neither a file nor a folder"):
        archive(source)


def test_a_file_that_vanishes_before_it_is_read_is_named(tmp_path):
    path = tmp_path / "gone.py"
    with pytest.raises(BuildError, match=r"Cannot read .*gone\.py: No such file"):
        _read(path, path.read_bytes)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("name", ["counter.py", "sub"])
def test_an_unreadable_file_or_folder_is_named(source, name):
    (source / "sub").mkdir()
    (source / name).chmod(0)
    try:
        with pytest.raises(BuildError, match=f"Cannot read .*{name}: Permission denied"):
            archive(source)
    finally:
        (source / name).chmod(0o700)


def create_sparse(path, size):
    with path.open("wb") as file:
        file.truncate(size)


def test_a_source_above_the_limit_is_refused_before_it_is_read(source):
    create_sparse(source / "big", 2**40)
    with pytest.raises(BuildError, match=r"has 1048576\.0 MB; Lambda's limit is 50 MB") as caught:
        archive(source)
    assert "layer" in caught.value.hint


def test_the_zip_s_own_overhead_counts_towards_the_limit(source):
    create_sparse(source / "big", 50 * 2**20 - (source / "counter.py").stat().st_size)
    with pytest.raises(BuildError, match=r"has 50\.0 MB; Lambda's limit"):
        archive(source)


def test_the_bytes_of_an_archive_give_the_same_archive(source):
    (source / "a").mkdir()
    (source / "a" / "b.json").touch()
    assert of(archive(source).data) == archive(source)


# --- writing


def test_write_creates_the_file_and_its_folder_and_nothing_else(source, tmp_path):
    zipped = archive(source)
    write(zipped, tmp_path / "new" / "function.zip")
    assert (tmp_path / "new" / "function.zip").read_bytes() == zipped.data
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "function.zip"]


def test_write_replaces_the_target_of_a_link_not_the_link(source, tmp_path):
    (tmp_path / "real.zip").write_text("old")
    (tmp_path / "link.zip").symlink_to("real.zip")
    write(archive(source), tmp_path / "link.zip")
    assert (tmp_path / "link.zip").is_symlink()
    assert (tmp_path / "real.zip").read_bytes() == archive(source).data


def test_write_writes_to_a_pipe_instead_of_replacing_it(source, tmp_path):
    pipe, received = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write(archive(source), pipe)
    reader.join(60)
    assert received == [archive(source).data]
    assert pipe.is_fifo()


@contextmanager
def file_size_limit(size):
    """No file may grow beyond `size` bytes: like a full disk, without filling one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_file_and_no_draft(tmp_path):
    path = tmp_path / "function.zip"
    path.write_text("old")
    with (
        file_size_limit(10_000),
        pytest.raises(BuildError, match=r"Cannot write .*function\.zip") as caught,
    ):
        write(Archive(b"x" * 20_000, "0" * 64, ()), path)
    assert "Free some space" in caught.value.hint
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_path_that_cannot_be_written_is_refused(source, tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "function.zip", tmp_path):
        with pytest.raises(BuildError, match="Cannot write") as caught:
            write(archive(source), path)
        assert "Choose a file" in caught.value.hint
