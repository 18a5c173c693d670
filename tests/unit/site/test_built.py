"""What is built belongs to the process that built it, whatever others build meanwhile."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from resumectl.errors import BuildError
from resumectl.settings import SiteSettings
from resumectl.site.body import Body
from resumectl.site.built import Builder

BUILD = "rm -rf public && mkdir public && cp source/* public"


@pytest.fixture
def builder(tmp_path):
    """Makes a process's builder; all of them work in one checkout."""

    def make(run, build=BUILD):
        settings = SiteSettings(None, build, tmp_path / "public")
        return Builder(settings, tmp_path, tmp_path / "run" / run, tmp_path / "build.lock")

    return make


@pytest.fixture
def write(tmp_path):
    def write(**files):
        shutil.rmtree(tmp_path / "source", ignore_errors=True)
        (tmp_path / "source").mkdir()
        for name, text in files.items():
            (tmp_path / "source" / f"{name}.html").write_text(text)

    return write


def ignore(_):
    pass


def contents(built):
    """What would be uploaded."""
    bodies = {}
    for key, file in built.objects.items():
        with Body(file) as body:
            bodies[key] = body.read()
    for key, body in bodies.items():
        assert hashlib.sha256(body).hexdigest() == built.objects[key].sha256
    return bodies


def test_what_was_built_outlasts_the_next_build(builder, write):
    write(index="1", about="1")
    first = builder("1").build(ignore)
    write(index="2")
    second = builder("2").build(ignore)
    assert contents(first) == {"index.html": b"1", "about.html": b"1"}
    assert contents(second) == {"index.html": b"2"}


def test_a_file_that_the_next_build_overwrites_in_place_is_not_changed(builder, write, tmp_path):
    write(index="1")
    first = builder("1").build(ignore)
    (tmp_path / "public" / "index.html").write_text("2")
    assert contents(first) == {"index.html": b"1"}


def test_one_build_waits_for_another_and_says_so(builder, write, tmp_path):
    """The first build stands still until the second one was told to wait."""
    os.mkfifo(tmp_path / "go")
    write(index="1")
    waits, results = threading.Event(), {}

    def first():
        held = builder("1", f"touch begun; {BUILD}; cat go > /dev/null")
        results["first"] = contents(held.build(ignore))

    def second():
        lines = []

        def tell(line):
            lines.append(line)
            waits.set()

        results["second"] = contents(builder("2").build(tell))
        results["told"] = lines

    threads = [threading.Thread(target=work, daemon=True) for work in (first, second)]
    threads[0].start()
    with (tmp_path / "go").open("wb"):  # returns when the first build reads
        write(index="2")
        threads[1].start()
        assert waits.wait(60)
    for thread in threads:
        thread.join(60)
    assert results["first"] == {"index.html": b"1"}
    assert results["second"] == {"index.html": b"2"}
    assert results["told"] == [
        "waiting for another command that builds the site",
        "1 files, 1 bytes",
    ]


def opened_in(folder):
    """The files in a folder that this process has open."""
    opened = []
    for descriptor in Path("/dev/fd").iterdir():
        with suppress(OSError):  # the one that lists the folder has ended
            opened.append(descriptor.readlink())
    return [file for file in opened if file.is_relative_to(folder)]


def test_the_copies_end_with_what_was_built(builder, write, tmp_path):
    write(index="1")
    built = builder("1").build(ignore)
    assert len(opened_in(tmp_path)) == 1
    del built
    gc.collect()
    assert opened_in(tmp_path) == []
    assert list((tmp_path / "run" / "1").iterdir()) == []


def test_a_build_that_fails_leaves_nothing(builder, tmp_path):
    with pytest.raises(BuildError, match="exit code 1"):
        builder("1", "exit 1").build(ignore)
    assert list((tmp_path / "run" / "1").iterdir()) == []


def test_what_cannot_be_written_is_named_and_the_source_is_not_blamed(builder, write, tmp_path):
    write(index="1")
    (tmp_path / "run").write_text("a file")
    with pytest.raises(BuildError, match=r"Cannot write .*/run/1: ") as refused:
        builder("1").build(ignore)
    assert "disk space" in refused.value.hint


def test_what_is_left_out_is_told(builder, write, tmp_path):
    write(**{"index": "1", "..dots": "2"})
    lines = []
    builder("1", "mkdir public && cp -r source/. public").build(lines.append)
    assert lines == ["1 files, 1 bytes; not published: ..dots.html"]


def test_a_plain_folder_is_read_where_it_is(tmp_path, folder):
    source = folder({"index.html": b"1"})
    builder = Builder(SiteSettings(source), tmp_path, tmp_path / "run", tmp_path / "build.lock")
    assert builder.build(ignore).objects["index.html"].path == source / "index.html"
    assert not (tmp_path / "build.lock").exists()
