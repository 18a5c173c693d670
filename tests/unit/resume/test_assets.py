"""Fingerprints: the name depends on the content of an asset and of everything it loads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resumectl.resume.assets import fingerprint, is_fingerprinted, named_plainly
from resumectl.site import headers

FONT = "assets/fonts/inter.woff2"


def names(assets):
    return {name: published for name, (published, _) in fingerprint(assets).items()}


def test_stylesheets_scripts_and_fonts_in_the_assets_folder_are_fingerprinted():
    assert all(map(is_fingerprinted, ["assets/style.css", "assets/js/a.MJS", FONT]))
    assert not any(
        map(
            is_fingerprinted,
            ["style.css", "assets/photo.jpg", "assets/cv.pdf", "my/assets/style.css"],
        )
    )


@given(st.binary())
def test_any_content_is_kept_and_its_name_is_served_as_immutable(content):
    for name in ("assets/a.css", "assets/a.js", FONT):
        published, content_after = fingerprint({name: content})[name]
        assert content_after == content
        assert headers.cache_control(published) == headers.IMMUTABLE


def test_another_content_gets_another_name():
    assert names({"assets/a.css": b"a{}"}) != names({"assets/a.css": b"b{}"})


@pytest.mark.parametrize(
    "rule",
    [
        "url(fonts/inter.woff2)",
        "url( 'fonts/inter.woff2' )",
        'url("./fonts/inter.woff2?v=1#x")',
        "url(/assets/fonts/inter.woff2)",
        '@import "fonts/inter.woff2";',
    ],
)
def test_a_stylesheet_loads_the_font_by_its_published_name(rule):
    published = fingerprint({"assets/style.css": rule.encode(), FONT: b"font"})
    font = published[FONT][0].rpartition("/")[2]

    assert published["assets/style.css"][1].decode() == rule.replace("inter.woff2", font)


def test_a_new_font_gives_its_stylesheet_a_new_name():
    rule = b"url(fonts/inter.woff2)"
    before, after = (names({"assets/style.css": rule, FONT: font}) for font in (b"old", b"new"))
    assert before["assets/style.css"] != after["assets/style.css"]


def test_references_to_other_files_are_not_rewritten():
    text = b"a{background:url(photo.jpg)} b{background:url(data:image/png;base64,xx)} c{src:url(https://x.example/a.css)}"
    assert fingerprint({"assets/a.css": text})["assets/a.css"][1] == text


def test_modules_may_import_each_other():
    modules = {
        "assets/a.js": b'import "./b.js"; import "./b.js";',
        "assets/b.js": b"import x from './a.js'",
    }
    published = fingerprint(modules)
    a, b = (published[name][0].removeprefix("assets/") for name in modules)

    assert published["assets/a.js"][1].decode() == f'import "./{b}"; import "./{b}";'
    assert published["assets/b.js"][1].decode() == f"import x from './{a}'"
    edited = {**modules, "assets/b.js": b"import x from './a.js';"}
    assert names(edited)["assets/a.js"] != published["assets/a.js"][0]


def test_a_name_without_a_path_in_a_script_is_no_reference():
    text = b'const name = "b.js"'
    assert fingerprint({"assets/a.js": text, "assets/b.js": b""})["assets/a.js"][1] == text


@pytest.mark.parametrize(
    "page",
    [
        '<link href="/assets/my%20style.css">',
        "<link href='assets/my%20style.css?1'>",
        '"./assets/my%20style.css"',
    ],
)
def test_a_reference_by_the_source_name_is_found(page):
    assert named_plainly(page, ["assets/a.js", "assets/my style.css"]) == "assets/my style.css"


def test_a_reference_by_the_published_name_is_fine():
    page = '<link href="/assets/style.1234abcd.css"> assets/style.css'
    assert named_plainly(page, ["assets/style.css"]) is None
