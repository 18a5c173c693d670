"""Uploading a file: read in chunks, and never other bytes than were scanned."""

from __future__ import annotations

import os

import pytest

from resumectl.errors import BuildError
from resumectl.site.body import Body


@pytest.fixture
def file(site):
    return site({"a.txt": b"0123456789"})["a.txt"]


def test_it_can_be_read_in_chunks_and_again_after_a_seek(file):
    with Body(file) as body:
        assert (body.seek(0, os.SEEK_END), body.tell(), body.seek(0)) == (10, 10, 0)
        assert [body.read(4), body.read(4), body.read(4), body.read(4)] == [
            b"0123",
            b"4567",
            b"89",
            b"",
        ]
        assert body.seek(0) == 0
        assert body.read() == b"0123456789"


def test_an_empty_file_has_an_empty_body(site):
    with Body(site({"empty": b""})["empty"]) as body:
        assert body.read() == b""


@pytest.mark.parametrize("data", [b"0123456789more", b"less", b""])
def test_another_size_is_refused_before_anything_is_sent(file, data):
    file.path.write_bytes(data)
    with pytest.raises(BuildError, match=r"a\.txt changed"), Body(file):
        pass


def test_a_deleted_file_is_refused(file):
    file.path.unlink()
    with pytest.raises(BuildError, match=r"a\.txt changed"), Body(file):
        pass


def test_other_bytes_of_the_same_size_are_never_sent_completely(file):
    file.path.write_bytes(b"0123456780")
    with Body(file) as body:
        assert body.read(5) == b"01234"
        with pytest.raises(BuildError, match=r"a\.txt changed") as refused:
            body.read(5)
        assert body.problem is refused.value
        with pytest.raises(BuildError):
            body.seek(0)


def test_a_file_that_shrinks_during_the_upload_is_refused(file):
    with Body(file) as body:
        os.truncate(file.path, 0)
        with pytest.raises(BuildError, match=r"a\.txt changed"):
            body.read(100)
