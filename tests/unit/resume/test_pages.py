"""Templates: what they can use, and how their errors are reported."""

from __future__ import annotations

import pytest

from resumectl.errors import BuildError
from resumectl.resume.pages import render

RESUME = {"basics": {"name": "<Zoë & Co>", "summary": ""}, "work": []}
PUBLISHED = {
    "assets/style.css": "assets/style.1a2b3c4d.css",
    "assets/my photo+1%.jpg": "assets/my photo+1%.jpg",
}


@pytest.fixture
def rendered(tmp_path):
    def rendered(template, name="index.html.j2", **others):
        files = {name: template, **others}
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        pages = render(tmp_path, files, resume=RESUME, published=PUBLISHED)
        return pages[name.removesuffix(".j2")].decode()

    return rendered


@pytest.fixture
def refused(rendered):
    def refused(template, **others):
        with pytest.raises(BuildError) as caught:
            rendered(template, **others)
        assert caught.value.hint
        return caught.value.message

    return refused


def test_html_is_escaped(rendered):
    assert rendered("{{ resume.basics.name }}") == "&lt;Zoë &amp; Co&gt;"


def test_plain_text_is_not_escaped(rendered):
    assert rendered("{{ resume.basics.name }}\n", name="humans.txt.j2") == "<Zoë & Co>\n"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("index.html.j2", "/"),
        ("talks/index.html.j2", "/talks/"),
        ("404.html.j2", "/404.html"),
        ("a b.html.j2", "/a%20b.html"),
        ("fooindex.html.j2", "/fooindex.html"),
    ],
)
def test_a_page_knows_its_address(rendered, name, address):
    assert rendered("{{ page }}", name=name) == address


def test_asset_gives_the_encoded_address_of_the_published_file(rendered):
    assert rendered("{{ asset('style.css') }}") == "/assets/style.1a2b3c4d.css"
    assert rendered("{{ asset('my photo+1%.jpg') }}") == "/assets/my%20photo%2B1%25.jpg"


@pytest.mark.parametrize(
    ("date", "shown"), [("2026", "2026"), ("2026-03", "Mar 2026"), ("2026-12-31", "Dec 2026")]
)
def test_month_formats_dates_of_any_precision(rendered, date, shown):
    assert rendered(f"{{{{ '{date}' | month }}}}") == shown


def test_a_template_with_an_underscore_is_not_a_page(tmp_path):
    (tmp_path / "_base.html.j2").write_text("{{ nothing }}")
    assert render(tmp_path, ["_base.html.j2", "style.css"], resume=RESUME, published={}) == {}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            "ok\n{{ resume.basics.nmae }}",
            "index.html.j2, line 2: 'dict object' has no attribute 'nmae'.",
        ),
        ("\n\n{{ nothing }}", "index.html.j2, line 3: 'nothing' is undefined."),
        ("{% if x %}\n", "index.html.j2, line 1: Unexpected end of template."),
        (
            "{{ asset('style.cs') }}",
            "index.html.j2, line 1: asset('style.cs'): there is no assets/style.cs.",
        ),
        ("\n{{ 1 / 0 }}", "index.html.j2, line 2: division by zero."),
        ("{% include 'no.html.j2' %}", "index.html.j2, line 1: 'no.html.j2' not found"),
        ("{% include '../secret' %}", "index.html.j2, line 1: "),
    ],
)
def test_an_error_names_the_template_and_the_line(refused, template, message):
    assert refused(template).startswith(message)


def test_an_error_in_an_included_template_names_that_template(refused):
    assert refused(
        "\n{% include '_part.html.j2' %}", **{"_part.html.j2": "\n\n{{ nothing }}"}
    ).startswith("_part.html.j2, line 3: ")
    assert refused(
        "{% extends '_base.html.j2' %}", **{"_base.html.j2": "\n{% endif %}"}
    ).startswith("_base.html.j2, line 2: ")


def test_text_that_cannot_be_encoded_is_refused(refused):
    assert refused("{{ '\\ud800' }}").startswith("index.html.j2: ")


def test_a_template_that_is_not_utf8_is_refused(tmp_path):
    (tmp_path / "index.html.j2").write_bytes(b"\xff")
    with pytest.raises(BuildError, match=r"^index\.html\.j2: .*utf-8"):
        render(tmp_path, ["index.html.j2"], resume=RESUME, published={})
