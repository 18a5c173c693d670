"""Walking a folder and its links, and replacing a file."""

from __future__ import annotations

import os
import resource
import stat
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from resumectl.errors import BuildError
from resumectl.files import File, private_folder, replace, unreadable, walk
from resumectl.parallel import side_by_side


@pytest.fixture
def tree(tmp_path):
    """Create files below a folder: their names, with slashes."""

    def create(*names):
        for name in names:
            path = tmp_path / "tree" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return (tmp_path / "tree").resolve()

    return create


def is_excluded(name):
    return name.startswith(".")


def names(folder):
    return [file.name for file in walk(folder, is_excluded)]


@pytest.fixture
def refused():
    def refused(folder):
        with pytest.raises(BuildError) as caught:
            names(folder)
        assert caught.value.hint
        return caught.value.message

    return refused


class TestWalk:
    def test_files_are_sorted_within_each_folder(self, tree):
        folder = tree("b/z.txt", "b/a.txt", "a.txt", "c.txt", "B.txt", "b.txt")
        assert names(folder) == ["B.txt", "a.txt", "b/a.txt", "b/z.txt", "b.txt", "c.txt"]

    def test_empty_folders_hold_no_files(self, tree):
        folder = tree("a.txt")
        (folder / "empty" / "deeper").mkdir(parents=True)
        assert names(folder) == ["a.txt"]

    def test_excluded_files_and_folders_are_skipped_at_any_depth(self, tree):
        assert names(tree("a.txt", ".env", ".git/config", "b/.c/d.txt", "b/e.txt")) == [
            "a.txt",
            "b/e.txt",
        ]

    def test_a_file_has_a_relative_name_and_a_path(self, tree):
        folder = tree("a/b.txt")
        (folder / "link").symlink_to("a")
        assert list(walk(folder, is_excluded)) == [
            File("a/b.txt", folder / "a/b.txt"),
            File("link/b.txt", folder / "link/b.txt"),
        ]

    def test_the_folder_itself_may_be_a_link_or_relative(self, tree, tmp_path, monkeypatch):
        (tmp_path / "link").symlink_to(tree("a.txt"))
        monkeypatch.chdir(tmp_path)
        assert names(tmp_path / "link") == ["a.txt"]
        assert names(Path("tree")) == ["a.txt"]

    def test_a_link_to_a_folder_of_the_tree_is_followed(self, tree):
        folder = tree("en/a.html", "en/b/c.html")
        (folder / "de").symlink_to("en")
        assert names(folder) == ["de/a.html", "de/b/c.html", "en/a.html", "en/b/c.html"]

    def test_an_absolute_link_within_the_tree_is_followed(self, tree):
        folder = tree("a.txt")
        (folder / "link").symlink_to(folder / "a.txt")
        assert names(folder) == ["a.txt", "link"]

    def test_an_excluded_link_is_not_looked_at(self, tree):
        folder = tree("a.txt")
        (folder / ".link").symlink_to("missing")
        assert names(folder) == ["a.txt"]

    @pytest.mark.parametrize("target", ["missing", "link", "a.txt/b"])
    def test_a_broken_link_is_refused(self, tree, refused, target):
        folder = tree("a.txt")
        (folder / "link").symlink_to(target)
        assert refused(folder) == f"{folder / 'link'} is a broken link."

    @pytest.mark.parametrize("target", ["../secret.txt", "/etc/hostname", "..", "../tree2"])
    def test_a_link_out_of_the_tree_is_refused(self, tree, tmp_path, refused, target):
        folder = tree("a.txt")
        (tmp_path / "secret.txt").touch()
        (tmp_path / "tree2").mkdir()
        (folder / "link").symlink_to(target)
        real = (folder / target).resolve()
        assert refused(folder) == f"{folder / 'link'} is a link to {real}, outside {folder}."

    @pytest.mark.parametrize("target", [".env", ".git/config", ".git"])
    def test_a_link_to_something_excluded_is_refused(self, tree, refused, target):
        folder = tree(".env", ".git/config")
        (folder / "link").symlink_to(target)
        assert refused(folder).endswith(f"is a link to {folder / target}, which is excluded.")

    @pytest.mark.parametrize("place", ["link", "a/link", "a/b/link"])
    def test_a_link_to_a_folder_around_it_is_refused(self, tree, refused, place):
        folder = tree("a/b/c.txt")
        (folder / place).symlink_to(folder)
        assert refused(folder) == f"{folder / place} is a link to a folder that contains it."

    def test_folders_that_link_to_each_other_are_refused(self, tree, refused):
        folder = tree("a/x.html", "b/y.html")
        (folder / "a/b").symlink_to("../b")
        (folder / "b/a").symlink_to("../a")
        assert refused(folder).endswith("is a link to a folder that contains it.")

    def test_a_pipe_is_refused_without_opening_it(self, tree, refused):
        folder = tree("a.txt")
        os.mkfifo(folder / "pipe")
        assert refused(folder) == f"{folder / 'pipe'} is neither a file nor a folder."

    def test_the_first_of_many_problems_is_the_same_every_time(self, tree, refused):
        folder = tree("a.txt")
        for number in range(10, 40):
            (folder / f"link{number}").symlink_to("missing")
        assert refused(folder) == f"{folder / 'link10'} is a broken link."

    def test_a_folder_that_vanished_is_unreadable(self, tmp_path, refused):
        assert refused(tmp_path / "gone") == (
            f"Cannot read {tmp_path / 'gone'}: No such file or directory."
        )

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_a_folder_without_read_permission_is_unreadable(self, tree, refused):
        folder = tree("a/b.txt")
        (folder / "a").chmod(0)
        try:
            assert refused(folder) == f"Cannot read {folder / 'a'}: Permission denied."
        finally:
            (folder / "a").chmod(0o700)


def test_the_error_of_an_unreadable_file_names_it_and_the_reason():
    error = unreadable(Path("a.txt"), PermissionError(13, "Permission denied"))
    assert error.message == "Cannot read a.txt: Permission denied."
    assert error.hint


@contextmanager
def file_size_limit(size):
    """No file may grow beyond `size` bytes: like a full disk, without filling one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestReplace:
    @pytest.mark.parametrize("data", ["é", "é".encode()])
    def test_text_and_bytes_are_written_into_new_folders(self, tmp_path, data):
        path = tmp_path / "new" / "folder" / "a.txt"
        replace(path, data)
        assert path.read_bytes() == "é".encode()
        assert list(path.parent.iterdir()) == [path]

    def test_a_reader_never_sees_half_a_file(self, tmp_path):
        path, finished = tmp_path / "a.txt", threading.Event()
        contents = {size: bytes([size]) * size * 50_000 for size in (1, 2, 3)}
        path.write_bytes(contents[1])

        def write():
            for _ in range(50):
                for content in contents.values():
                    replace(path, content)
            finished.set()

        writer = threading.Thread(target=write)
        writer.start()
        seen = {path.read_bytes()}
        while not finished.is_set():
            seen.add(path.read_bytes())
        writer.join()
        assert seen <= set(contents.values())

    def test_several_writers_of_one_process_do_not_disturb_one_another(self, tmp_path):
        path, contents = tmp_path / "a.txt", [bytes([n]) * 50_000 for n in range(200)]
        side_by_side(lambda data: replace(path, data), contents, lanes=8)
        assert path.read_bytes() in contents
        assert list(tmp_path.iterdir()) == [path]

    def test_the_mode_does_not_depend_on_the_umask(self, tmp_path):
        before = os.umask(0o077)
        try:
            replace(tmp_path / "public", "x")
            replace(tmp_path / "private", "x", mode=0o600)
        finally:
            os.umask(before)
        assert (tmp_path / "public").stat().st_mode & 0o777 == 0o644
        assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600

    def test_a_full_disk_leaves_the_old_file_and_no_draft(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text("old")
        with file_size_limit(10_000), pytest.raises(OSError, match="File too large") as caught:
            replace(path, b"x" * 20_000)
        assert caught.value.filename == str(path)
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_folder_is_not_replaced(self, tmp_path):
        (tmp_path / "folder").mkdir()
        with pytest.raises(IsADirectoryError):
            replace(tmp_path / "folder", "x")
        assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def test_a_private_folder_is_the_owners_alone(tmp_path):
    folder = tmp_path / "new" / "deep"
    for _ in range(2):
        assert stat.S_IMODE(private_folder(folder).stat().st_mode) == 0o700
        folder.chmod(0o755)


def test_a_private_folder_that_cannot_be_made_is_left_to_who_writes_into_it(tmp_path):
    (tmp_path / "file").write_text("")
    assert not private_folder(tmp_path / "file" / "folder").exists()
