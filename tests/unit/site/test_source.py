"""The three kinds of sources: a build command, a resume and a plain folder."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from resumectl.errors import BuildError
from resumectl.settings import SiteSettings
from resumectl.site.source import build


@pytest.fixture
def out(tmp_path):
    return tmp_path / "state" / "site"


def test_a_site_without_a_source_is_refused(tmp_path, out):
    with pytest.raises(BuildError, match="no source") as caught:
        build(SiteSettings(None), root=tmp_path, out=out)
    assert "site.source" in caught.value.hint


class TestCommand:
    @pytest.fixture
    def run(self, tmp_path, out):
        def run(command):
            return build(SiteSettings(None, command, tmp_path / "public"), root=tmp_path, out=out)

        return run

    def test_it_runs_in_a_shell_in_the_project_s_folder(self, run, tmp_path, capfd):
        folder = run("mkdir -p public && echo hello > public/index.html; echo built")
        assert folder == tmp_path / "public"
        assert (folder / "index.html").read_text() == "hello\n"
        assert capfd.readouterr() == ("", "")

    def test_a_failure_shows_the_last_twenty_lines_of_the_output(self, run, tmp_path):
        with pytest.raises(BuildError) as caught:
            run("for i in $(seq 30); do echo line $i; done; echo oops >&2; exit 7")
        first, *output = caught.value.message.splitlines()
        assert first.startswith("The build command failed with exit code 7: for i in")
        assert output == [*(f"  line {number}" for number in range(12, 31)), "  oops"]
        assert str(tmp_path) in caught.value.hint

    def test_a_missing_program_has_its_own_hint(self, run):
        with pytest.raises(BuildError, match="exit code 127") as caught:
            run("no-such-generator --minify")
        assert "PATH" in caught.value.hint

    def test_output_that_is_not_utf8_is_shown(self, run):
        with pytest.raises(BuildError, match="\ufffd"):
            run(r"printf '\377'; exit 1")

    def test_it_cannot_read_from_the_terminal(self, run, tmp_path):
        reading, writing = os.pipe()
        os.write(writing, b"typed\n")
        stdin = os.dup(0)
        os.dup2(reading, 0)
        try:
            run('mkdir public; read answer; echo "[$answer]" > public/index.html')
        finally:
            os.dup2(stdin, 0)
            for number in (reading, writing, stdin):
                os.close(number)
        assert (tmp_path / "public" / "index.html").read_text() == "[]\n"

    @pytest.mark.parametrize(
        ("command", "problem"),
        [
            ("true", "does not exist"),
            ("mkdir -p public/empty", "is empty"),
            ("touch public", "is not a folder"),
        ],
    )
    def test_a_command_that_writes_nothing_there_is_refused(self, run, command, problem):
        with pytest.raises(BuildError, match=f"public {problem}") as caught:
            run(command)
        assert "site.output" in caught.value.hint


class TestPlainFolder:
    @pytest.fixture
    def published(self, folder, tmp_path, out):
        """The folder that is published, given its files: name -> bytes."""
        return lambda files: build(SiteSettings(folder(files)), root=tmp_path, out=out)

    def test_it_is_published_as_it_is(self, published, tmp_path, out):
        files = {"index.html": b"hello", "resume.json": b"not even JSON"}
        assert published(files) == tmp_path / "site"
        assert not out.parent.exists()

    def test_well_known_files_are_enough(self, published, tmp_path):
        assert published({".well-known/security.txt": b"x"}) == tmp_path / "site"

    @pytest.mark.parametrize("name", [".gitkeep", ".git/HEAD", "index.html~"])
    def test_files_that_are_never_published_do_not_count(self, published, name):
        with pytest.raises(BuildError, match="site is empty"):
            published({name: b"x"})

    @pytest.mark.parametrize(
        ("create", "problem"),
        [
            (lambda path: None, "does not exist"),
            (lambda path: path.write_text("x"), "is not a folder"),
            (lambda path: path.mkdir(), "is empty"),
            (lambda path: (path / "a" / "b").mkdir(parents=True), "is empty"),
        ],
    )
    def test_a_missing_or_empty_folder_is_refused(self, tmp_path, out, create, problem):
        create(tmp_path / "site")
        with pytest.raises(BuildError, match=f"site {problem}") as caught:
            build(SiteSettings(tmp_path / "site"), root=tmp_path, out=out)
        assert "site.source" in caught.value.hint


class TestResume:
    @pytest.fixture
    def site(self, folder, tmp_path, out):
        resume = json.dumps({"basics": {"name": "Zoë"}}).encode()
        page = b"{{ resume.basics.name }}"
        source = folder({"resume.json": resume, "index.html.j2": page, "robots.txt": b""})
        return lambda: build(SiteSettings(source), root=tmp_path, out=out)

    def test_it_is_built_into_the_state_folder(self, site, out):
        assert site() == out
        assert (out / "index.html").read_text(encoding="utf-8") == "Zoë"

    def test_a_file_that_cannot_be_read_or_written_is_named(self, site, tmp_path, monkeypatch):
        def fail(path, *_):
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(shutil, "copyfile", fail)
        with pytest.raises(BuildError) as caught:
            site()
        assert caught.value.message == f"{tmp_path / 'site/robots.txt'}: Permission denied."
        assert caught.value.hint
