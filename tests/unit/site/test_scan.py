"""Scanning the site: keys, headers, digests, and everything that must not be published."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from pathlib import Path

import pytest

from resumectl.errors import BuildError
from resumectl.settings import CacheRule
from resumectl.site.scan import Exclusion, SiteFile, _read, scan

KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"  # in two halves, for secret scanners


def test_a_file_has_its_size_digest_and_headers(folder):
    root = folder({"a/index.html": b"<p>hi"})
    assert scan(root) == {
        "a/index.html": SiteFile(
            root.resolve() / "a/index.html",
            5,
            hashlib.sha256(b"<p>hi").hexdigest(),
            "text/html; charset=utf-8",
            "no-cache",
        )
    }


def test_the_users_cache_rules_apply(site):
    assert (
        site({"a.css": b""}, [CacheRule("*.css", "max-age=7")])["a.css"].cache_control
        == "max-age=7"
    )


def test_unusual_names_are_kept(site):
    names = ["a b/c d.html", "100%.html", "a+b.html", "a#b?.txt", "日本/語.css", "'(a)!~.js"]
    assert list(site(dict.fromkeys(names, b"x"))) == sorted(names)


def test_a_decomposed_name_is_published_as_it_is_and_composed(site):
    """Links in the site have the one form or the other; people type the composed one."""
    composed, decomposed = (unicodedata.normalize(form, "café.html") for form in ("NFC", "NFD"))
    files = site({decomposed: b"x"})
    assert list(files) == sorted([composed, decomposed])
    assert files[composed] == files[decomposed]


def test_a_composed_name_is_published_once(site):
    assert list(site({unicodedata.normalize("NFC", "café.html"): b"x"})) == [
        unicodedata.normalize("NFC", "café.html")
    ]


def test_two_files_with_one_key_are_refused(site):
    with pytest.raises(BuildError, match="same name"):
        site({unicodedata.normalize(form, "é.html"): b"" for form in ("NFC", "NFD")})


def test_hidden_files_and_leftovers_are_left_out(site):
    published = ["index.html", ".well-known/security.txt", "a.backup"]
    left_out = [
        *(
            ".env",
            ".git/config",
            ".DS_Store",
            "a/.htpasswd",
            ".well-known/.secret",
            ".well-knowns/x",
            ".#index.html",
        ),
        *(
            "index.html~",
            "index.html.swp",
            "index.html.bak",
            "#index.html#",
            "Thumbs.db",
            "__pycache__/a.pyc",
            "node_modules/left-pad/index.js",
            "a/node_modules/x.js",
        ),
    ]
    assert sorted(site(dict.fromkeys([*published, *left_out], b"x"))) == sorted(published)


def test_what_is_left_out_is_named(folder):
    exclusion = Exclusion()
    scan(folder({"index.html": b"x"}), (), exclusion)
    assert str(exclusion) == ""
    scan(folder(dict.fromkeys(["..dots.html", "node_modules/x.js", "a/.env"], b"x")), (), exclusion)
    assert str(exclusion) == "not published: ..dots.html, .env, node_modules"
    scan(folder({"a.bak": b"x"}), (), exclusion)
    assert str(exclusion) == "not published: ..dots.html, .env, a.bak and 1 more"


@pytest.mark.parametrize("files", [{}, {".env": b"x"}])
def test_a_site_without_files_is_refused(tmp_path, folder, files):
    (tmp_path / "site").mkdir()
    with pytest.raises(BuildError, match="nothing to publish"):
        scan(folder(files))


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(BuildError, match="does not exist") as refused:
        scan(tmp_path / "missing")
    assert refused.value.hint


def test_links_within_the_site_are_followed(folder):
    root = folder({"index.html": b"x", "en/a.html": b"y"})
    (root / "home.html").symlink_to("index.html")
    (root / "de").symlink_to("en")
    assert list(scan(root)) == ["de/a.html", "en/a.html", "home.html", "index.html"]


def test_the_site_itself_may_be_a_link(folder, tmp_path):
    folder({"index.html": b"x"})
    (tmp_path / "link").symlink_to("site")
    assert list(scan(tmp_path / "link")) == ["index.html"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("../secret.txt", "outside"),
        ("..", "outside"),
        ("gone", "a broken link"),
        (".env", "which is excluded"),
        ("a.txt~", "which is excluded"),
        (".", "a folder that contains it"),
    ],
)
def test_other_links_are_refused(folder, tmp_path, target, reason):
    (tmp_path / "secret.txt").write_text("x")
    root = folder({"index.html": b"x", ".env": b"x", "a.txt~": b"x"})
    (root / "link").symlink_to(target)
    with pytest.raises(BuildError, match=f"link is .*{reason}") as refused:
        scan(root)
    assert refused.value.hint


def test_a_credential_is_refused_and_not_shown(site):
    with pytest.raises(BuildError, match=r"js/app\.js, line 3") as refused:
        site({"index.html": b"x", "js/app.js": f"\n\nkey = '{KEY_ID}'".encode()})
    assert KEY_ID not in f"{refused.value} {refused.value.hint}"
    assert refused.value.code == "credential"


def test_several_credentials_are_counted(site):
    with pytest.raises(BuildError, match=r"a\.txt, line 1.*1 more"):
        site({name: KEY_ID.encode() for name in ("b.txt", "a.txt")})


@pytest.mark.parametrize("before", [0, 1, 2**20 - 10, 2**20 - 4096, 2**20, 3 * 2**20])
def test_a_credential_is_found_anywhere_in_a_large_file(site, before):
    text = b" " * before + b"\n" + KEY_ID.encode() + b"\n" + b" " * 2**20
    with pytest.raises(BuildError, match=r"bundle\.js, line 2: an AWS access key id"):
        site({"bundle.js": text})


@pytest.mark.parametrize("before", [2**20 - 10, 2**20 - 20, 2**20 - 21, 2**20 - 4096, 2**20 - 4075])
@pytest.mark.parametrize(("left", "right"), [(b"a", b" "), (b" ", b"a")])
def test_text_like_a_credential_is_none_where_a_large_file_is_cut(site, before, left, right):
    text = b" " * before + left + KEY_ID.encode() + right + b" " * 2**20
    assert site({"bundle.js": text})


def test_large_binary_files_are_not_searched(site):
    assert site({"film.mp4": b"\0" + KEY_ID.encode() + b" " * 2**20})


def test_a_key_file_is_refused(folder):
    with pytest.raises(BuildError, match=r"server\.pem looks like a private key"):
        scan(folder({"server.pem": b""}))


def test_a_link_to_a_key_file_is_refused(folder):
    root = folder({"index.html": b""})
    (root / "notes.txt").symlink_to("id_rsa")
    (root / "id_rsa").write_bytes(b"")
    with pytest.raises(BuildError, match="looks like a private key"):
        scan(root)


def test_a_pipe_is_refused_without_opening_it(folder):
    root = folder({"index.html": b"x"})
    os.mkfifo(root / "pipe")
    with pytest.raises(BuildError, match="pipe is neither a file nor a folder"):
        scan(root)


@pytest.mark.parametrize("name", ["a\nb.html", "a\x7f.html", os.fsdecode(b"\xff.html")])
def test_names_that_a_request_cannot_carry_are_refused(site, name):
    with pytest.raises(BuildError, match="cannot be used on the web"):
        site({name: b""})


def test_a_path_above_the_limit_of_s3_is_refused(site):
    with pytest.raises(BuildError, match="longer than S3 allows"):
        site({"/".join(["é" * 100] * 6): b""})


def test_a_file_that_vanishes_before_it_is_read_is_named(tmp_path):
    with pytest.raises(BuildError, match=r"Cannot read .*vanished\.html: No such file") as refused:
        _read(tmp_path / "vanished.html")
    assert refused.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_named(folder):
    root = folder({"index.html": b"x", "a/b.html": b"x"})
    (root / "a").chmod(0)
    with pytest.raises(BuildError, match=r"Cannot read .*: Permission denied"):
        scan(root)


def test_a_file_of_several_chunks_is_hashed_whole(folder):
    data = bytes(range(256)) * 12 * 1024
    assert scan(folder({"big.bin": data}))["big.bin"].sha256 == hashlib.sha256(data).hexdigest()


def test_the_folder_may_be_relative(folder, monkeypatch):
    monkeypatch.chdir(folder({"index.html": b"x"}).parent)
    assert list(scan(Path("site"))) == ["index.html"]
