"""The three kinds of site, every way they can be wrong; a build is whole, repeatable and stays in its folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from resumectl.errors import BuildError
from resumectl.resume.build import build
from resumectl.settings import SiteSettings

PAGE = "<link href=\"{{ asset('style.css') }}\"><h1>{{ resume.basics.name }}</h1>\n"


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


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
def built(tmp_path, source, out):
    def built():
        return build(SiteSettings(source), root=tmp_path, out=out)

    return built


@pytest.fixture
def refused(built):
    def refused():
        with pytest.raises(BuildError) as caught:
            built()
        assert caught.value.hint
        return caught.value.message

    return refused


class TestCommand:
    @pytest.fixture
    def run(self, tmp_path, out):
        def run(command):
            return build(SiteSettings(None, command, tmp_path / "public"), root=tmp_path, out=out)

        return run

    def test_runs_shell_syntax_in_the_root_and_returns_the_output(self, run, tmp_path, capfd):
        assert (
            run("mkdir -p public && echo hello > public/index.html; echo built")
            == tmp_path / "public"
        )
        assert tree(tmp_path / "public") == {"index.html": b"hello\n"}
        assert capfd.readouterr() == ("", "")

    def test_a_failure_shows_the_end_of_what_it_printed(self, run):
        with pytest.raises(BuildError) as caught:
            run("for i in $(seq 30); do echo line $i; done; echo oops >&2; exit 7")
        first, *said = caught.value.message.splitlines()
        assert first.startswith("The build command failed with exit code 7: for i in")
        assert said[0] == "  line 12"
        assert said[-1] == "  oops"
        assert len(said) == 20

    def test_a_program_that_is_not_there(self, run):
        with pytest.raises(BuildError) as caught:
            run("no-such-generator --minify")
        assert caught.value.hint == "Is the program installed, and on PATH?"

    def test_output_that_is_not_text(self, run):
        with pytest.raises(BuildError, match="\ufffd"):
            run(r"printf '\377'; exit 1")

    def test_it_cannot_wait_for_an_answer(self, run, tmp_path):
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
        assert tree(tmp_path / "public") == {"index.html": b"[]\n"}

    @pytest.mark.parametrize(
        ("command", "state"),
        [
            ("true", "does not exist"),
            ("mkdir -p public/empty", "is empty"),
            ("touch public", "is not a folder"),
        ],
    )
    def test_nothing_in_the_output(self, run, command, state):
        with pytest.raises(BuildError, match=f"public {state}") as caught:
            run(command)
        assert "site.output" in caught.value.hint


class TestPlainFolder:
    def test_is_published_as_it_is(self, tmp_path, out):
        write(tmp_path / "site", {"index.html": "hello", "resume.json": "not even JSON"})

        assert build(SiteSettings(tmp_path / "site"), root=tmp_path, out=out) == tmp_path / "site"
        assert not out.parent.exists()

    @pytest.mark.parametrize(
        ("make", "state"),
        [
            (lambda path: None, "does not exist"),
            (lambda path: path.write_text("x"), "is not a folder"),
            (lambda path: path.mkdir(), "is empty"),
            (lambda path: (path / "a" / "b").mkdir(parents=True), "is empty"),
            (lambda path: write(path, {".git/HEAD": "x", ".gitkeep": ""}), "is empty"),
        ],
    )
    def test_with_nothing_in_it(self, tmp_path, out, make, state):
        make(tmp_path / "site")
        with pytest.raises(BuildError, match=f"site {state}") as caught:
            build(SiteSettings(tmp_path / "site"), root=tmp_path, out=out)
        assert caught.value.hint

    def test_well_known_files_are_something(self, tmp_path, out):
        write(tmp_path / "site", {".well-known/security.txt": "x"})
        build(SiteSettings(tmp_path / "site"), root=tmp_path, out=out)

    def test_templates_without_a_resume(self, source, refused):
        (source / "resume.json").unlink()
        assert refused().startswith(
            "index.html.j2 is a template, but there is no resume.json beside it"
        )


class TestResume:
    def test_pages_assets_and_other_files(self, built, out):
        assert built() == out
        files = tree(out)
        (style,) = (name for name in files if name.startswith("assets/style."))

        assert files == {
            "index.html": f'<link href="/{style}"><h1>Zoë</h1>\n'.encode(),
            style: b"h1{}",
            "robots.txt": b"User-agent: *\n",
        }

    def test_names_of_every_kind(self, source, built, out):
        names = {
            "ä ö.txt",
            "100%.txt",
            "a+b.txt",
            "été/naïve #1?.txt",
            "assets/my style+1%.css",
            ".well-known/x",
        }
        write(source, dict.fromkeys(names, "same"))
        built()

        published = tree(out)
        assert names - published.keys() == {"assets/my style+1%.css"}
        assert any(name.startswith("assets/my style+1%.") for name in published)

    def test_hidden_files_stay_where_they_are(self, source, built, out):
        write(source, {".env": "SECRET=1", ".git/config": "x", ".#index.html.j2": "{{ nothing }}"})
        built()
        assert not any(name.startswith(".") for name in tree(out))

    def test_the_same_source_gives_the_same_bytes(self, source, tmp_path, built, out):
        first = tree(built())
        copy = tmp_path / "elsewhere" / "copy"
        before = os.umask(0o077)
        try:
            shutil.copytree(source, copy, copy_function=shutil.copyfile)
            for number, path in enumerate(sorted(copy.rglob("*"))):
                os.utime(path, (number, number))
            second = tree(build(SiteSettings(copy), root=tmp_path, out=tmp_path / "other"))
        finally:
            os.umask(before)
        assert first == second
        assert first == tree(built())

    def test_what_is_gone_from_the_source_is_gone_from_the_site(self, source, built, out):
        built()
        (source / "robots.txt").unlink()
        built()
        assert "robots.txt" not in tree(out)

    def test_nothing_is_left_beside_the_site(self, built, out):
        built()
        built()
        assert list(out.parent.iterdir()) == [out]

    def test_a_link_to_a_file_of_the_site(self, source, built, out):
        (source / "copy.txt").symlink_to("robots.txt")
        built()
        assert tree(out)["copy.txt"] == b"User-agent: *\n"
        assert not (out / "copy.txt").is_symlink()

    def test_a_source_that_is_itself_a_link(self, source, tmp_path, out):
        (tmp_path / "linked").symlink_to(source)
        assert "index.html" in tree(
            build(SiteSettings(tmp_path / "linked"), root=tmp_path, out=out)
        )


class TestResumeRefused:
    """Whatever is wrong, the site that was built before stays as it was, and nothing lies beside it."""

    @pytest.fixture
    def refused(self, built, refused, source, out):
        before = tree(built())
        yield refused
        assert tree(out) == before
        assert list(out.parent.iterdir()) == [out]

    @pytest.mark.parametrize(
        "target", ["/etc/hostname", "../secret.txt", ".env", "nowhere", "assets", "loop", "."]
    )
    def test_links_to_what_is_not_of_the_site(self, source, tmp_path, refused, target):
        write(tmp_path, {"secret.txt": "secret"})
        write(source, {".env": "SECRET=1"})
        (source / "loop").symlink_to(target)
        assert refused().startswith("loop is a link to /")

    def test_of_many_mistakes_always_the_same_is_told(self, source, refused):
        for number in range(10, 40):
            (source / f"link{number}").symlink_to("nowhere")
        assert refused().startswith("link10 is a link to ")

    def test_a_template_that_is_a_link_out_of_the_site(self, source, tmp_path, refused):
        write(tmp_path, {"secret.txt": "secret"})
        (source / "_part.html.j2").symlink_to("../secret.txt")
        assert refused().startswith("_part.html.j2 is a link to ")

    def test_a_pipe(self, source, refused):
        os.mkfifo(source / "pipe")
        assert refused() == "pipe is not a regular file."

    def test_two_files_of_one_name(self, source, refused):
        write(source, {"index.html": "finished"})
        assert refused() == "index.html and index.html.j2 are both there."

    @pytest.mark.parametrize("name", ["about.html", "about.html.j2"])
    def test_a_page_that_loads_an_asset_by_its_old_name(self, source, refused, name):
        write(source, {name: '<link href="/assets/style.css">'})
        assert refused().startswith(
            "about.html loads assets/style.css, which is published under a name"
        )

    def test_a_broken_resume(self, source, refused):
        write(
            source, {"resume.json": '{"basics": {"name": "A"}, "work": [{"startDate": "2020-13"}]}'}
        )
        assert refused() == (
            "resume.json: work[0].startDate: '2020-13' is not a date (YYYY, YYYY-MM or YYYY-MM-DD)."
        )

    def test_a_broken_template(self, source, refused):
        write(source, {"index.html.j2": "\n{{ nothing }}"})
        assert refused() == "index.html.j2, line 2: 'nothing' is undefined."

    def test_a_file_that_cannot_be_read(self, source, refused, monkeypatch):
        def fail(path, *args, **kwargs):
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(shutil, "copyfile", fail)
        assert refused() == f"{source / 'robots.txt'}: Permission denied."

    @pytest.mark.parametrize("step", [1, 2])
    def test_an_interrupted_swap(self, built, refused, monkeypatch, out, step):
        """The first rename puts the old site aside, the second brings the new one in; a third takes the old back."""
        rename, done = Path.rename, []

        def interrupted(path, target):
            done.append(path)
            if len(done) == step:
                raise KeyboardInterrupt
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt):
            built()

    def test_an_output_folder_that_holds_the_source(self, tmp_path, source, refused):
        with pytest.raises(BuildError, match="its source is in there"):
            build(SiteSettings(source), root=tmp_path, out=tmp_path)


def test_no_source_at_all(tmp_path):
    with pytest.raises(BuildError, match="no source"):
        build(SiteSettings(None), root=tmp_path, out=tmp_path / "out")
