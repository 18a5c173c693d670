from __future__ import annotations

import hashlib
import os

import pytest

from resumectl.errors import BuildError
from resumectl.parallel import side_by_side
from resumectl.site import scan
from resumectl.site.body import Body
from resumectl.site.copies import Copies


def copied(copies, data):
    copy = copies.reserve(len(data))
    middle = len(data) // 2
    assert copy.write(data[:middle], 0)
    assert copy.write(data[middle:], middle)
    return copy


def test_many_copies_have_no_name_and_do_not_mix(tmp_path):
    copies = Copies(tmp_path)
    contents = [os.urandom(size) for size in (0, 1, 100_000, 7)] * 10
    made = side_by_side(lambda data: copied(copies, data), contents, lanes=8)
    assert [copy.open().read(1_000_000) for copy in made] == contents
    assert list(tmp_path.iterdir()) == []


def test_a_copy_is_read_like_a_file(tmp_path):
    copies = Copies(tmp_path)
    copied(copies, b"before")
    reader = copied(copies, b"0123456789").open()
    assert [reader.read(4), reader.read(4), reader.read(4), reader.read(4)] == [
        *(b"0123", b"4567", b"89", b"")
    ]
    assert reader.seek(2) == 2
    assert reader.read(3) == b"234"


def test_a_file_that_grew_does_not_spoil_the_next_copy(tmp_path):
    copies = Copies(tmp_path)
    first, second = copies.reserve(3), copies.reserve(3)
    assert second.write(b"two", 0)
    assert not first.write(b"onetwothree", 0)
    assert second.open().read(3) == b"two"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(BuildError, match=f"Cannot write {tmp_path}/gone"):
        Copies(tmp_path / "gone")


def test_what_is_uploaded_is_the_copy(folder, tmp_path):
    root = folder({"index.html": b"<p>1"})
    file = scan.scan(root, (), copies=Copies(tmp_path))["index.html"]
    (root / "index.html").write_bytes(b"<p>2")
    with Body(file) as body:
        assert body.read() == b"<p>1"
        body.seek(0)
        assert hashlib.sha256(body.read(100)).hexdigest() == file.sha256
