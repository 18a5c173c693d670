"""Building a resume: what is published, what is refused, and that a build is all or nothing."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from resumectl.errors import BuildError
from resumectl.resume.build import build, is_resume

PAGE = "<link href=\"{{ asset('style.css') }}\"><h1>{{ resume.basics.name }}</h1>\n"


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "frontend"
    write(
        folder,
        {
            "resume.json": json.dumps({"basics": {"name": "Zoë"}}),
            "index.html.j2": PAGE,
            "assets/style.css": "h1{}",
            "robots.txt": "User-agent: *\n",
        },
    )
    return folder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "state" / "site"


@pytest.fixture
def built(source, out):
    """Build the source and return the published files: name -> bytes."""

    def built():
        build(source, out)
        return tree(out)

    return built


def test_a_folder_with_page_templates_is_a_resume(source):
    assert is_resume(source)
    (source / "index.html.j2").unlink()
    assert not is_resume(source)


def test_templates_without_a_resume_are_refused(source):
    (source / "resume.json").unlink()
    with pytest.raises(BuildError, match=r"^index\.html\.j2 is a template, but there is no resume"):
        is_resume(source)


class TestPublished:
    def test_pages_are_rendered_assets_fingerprinted_and_other_files_copied(self, built):
        files = built()
        (style,) = (name for name in files if name.startswith("assets/style."))

        assert files == {
            "index.html": f'<link href="/{style}"><h1>Zoë</h1>\n'.encode(),
            style: b"h1{}",
            "robots.txt": b"User-agent: *\n",
        }

    def test_unusual_names_are_kept(self, source, built):
        names = {
            "ä ö.txt",
            "100%.txt",
            "a+b.txt",
            "été/naïve #1?.txt",
            "assets/my style+1%.css",
            ".well-known/x",
        }
        write(source, dict.fromkeys(names, "same"))
        published = built()
        assert names - published.keys() == {"assets/my style+1%.css"}
        assert any(name.startswith("assets/my style+1%.") for name in published)

    def test_hidden_files_are_left_out(self, source, built):
        write(source, {".env": "SECRET=1", ".git/config": "x", ".#index.html.j2": "{{ nothing }}"})
        assert not any(name.startswith(".") for name in built())

    def test_the_same_source_gives_the_same_bytes(self, source, tmp_path, built):
        first = built()
        copy = tmp_path / "elsewhere" / "copy"
        before = os.umask(0o077)
        try:
            shutil.copytree(source, copy, copy_function=shutil.copyfile)
            for number, path in enumerate(sorted(copy.rglob("*"))):
                os.utime(path, (number, number))
            build(copy, tmp_path / "other")
        finally:
            os.umask(before)
        assert tree(tmp_path / "other") == first
        assert built() == first

    def test_a_file_deleted_from_the_source_is_deleted_from_the_site(self, source, built):
        built()
        (source / "robots.txt").unlink()
        assert "robots.txt" not in built()

    def test_nothing_is_left_beside_the_site(self, built, out):
        built()
        built()
        assert list(out.parent.iterdir()) == [out]

    def test_links_within_the_source_become_copies(self, source, built, out):
        (source / "copy.txt").symlink_to("robots.txt")
        (source / "style").symlink_to("assets")
        files = built()
        assert files["copy.txt"] == b"User-agent: *\n"
        assert files["style/style.css"] == b"h1{}"
        assert not (out / "copy.txt").is_symlink()

    def test_the_source_itself_may_be_a_link(self, source, tmp_path, out):
        (tmp_path / "linked").symlink_to(source)
        build(tmp_path / "linked", out)
        assert "index.html" in tree(out)


class TestFailure:
    """After any failure the site of the last build is untouched, with nothing beside it."""

    @pytest.fixture(autouse=True)
    def _untouched(self, built, out):
        before = built()
        yield
        assert tree(out) == before
        assert list(out.parent.iterdir()) == [out]

    @pytest.fixture
    def refused(self, built):
        def refused():
            with pytest.raises(BuildError) as caught:
                built()
            assert caught.value.hint
            return caught.value.message

        return refused

    @pytest.mark.parametrize("name", ["link", "_part.html.j2"])
    @pytest.mark.parametrize("target", ["../secret.txt", ".env", "missing", "."])
    def test_a_link_must_not_publish_anything_else(self, source, tmp_path, refused, name, target):
        write(tmp_path, {"secret.txt": "secret"})
        write(source, {".env": "SECRET=1"})
        (source / name).symlink_to(target)
        assert refused().startswith(f"{source / name} is a ")

    def test_a_pipe_is_refused(self, source, refused):
        os.mkfifo(source / "pipe")
        assert refused() == f"{source / 'pipe'} is neither a file nor a folder."

    def test_a_page_and_its_template_are_not_both_allowed(self, source, refused):
        write(source, {"index.html": "finished"})
        assert refused() == "Both index.html and index.html.j2 exist."

    @pytest.mark.parametrize("name", ["about.html", "about.html.j2"])
    def test_a_page_must_not_load_an_asset_by_its_source_name(self, source, refused, name):
        write(source, {name: '<link href="/assets/style.css">'})
        assert refused() == (
            "about.html loads assets/style.css, which is only published under a fingerprinted name."
        )

    def test_an_invalid_resume_is_refused(self, source, refused):
        resume = {"basics": {"name": "A"}, "work": [{"startDate": "2020-13"}]}
        write(source, {"resume.json": json.dumps(resume)})
        assert refused() == (
            "resume.json: work[0].startDate: '2020-13' is not a date (YYYY, YYYY-MM or YYYY-MM-DD)."
        )

    def test_a_template_that_fails_is_refused(self, source, refused):
        write(source, {"index.html.j2": "\n{{ nothing }}"})
        assert refused() == "index.html.j2, line 2: 'nothing' is undefined."

    def test_a_file_that_cannot_be_copied_is_an_error(self, source, built, monkeypatch):
        def fail(path, *_):
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(shutil, "copyfile", fail)
        with pytest.raises(PermissionError):
            built()

    @pytest.mark.parametrize("step", [1, 2])
    def test_an_interrupted_swap_is_undone(self, built, monkeypatch, step):
        """The first rename moves the old site aside, the second moves the new one in."""
        rename, calls = Path.rename, []

        def interrupted(path, target):
            calls.append(path)
            if len(calls) == step:
                raise KeyboardInterrupt
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt):
            built()

    def test_a_site_is_not_built_over_its_own_source(self, tmp_path, source):
        with pytest.raises(BuildError, match="it contains the source"):
            build(source, tmp_path)
