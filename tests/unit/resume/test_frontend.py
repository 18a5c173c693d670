"""The resume that comes with resumectl: it shows every section and loads nothing from elsewhere."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from resumectl.resume.build import build

FRONTEND = Path(__file__).parents[3] / "frontend"
LOADED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "srcset"}

FULL = {
    "basics": {
        "name": "N<1>",
        "label": "Label",
        "email": "a@b.example",
        "phone": "+44 20 1",
        "url": "https://n.example/",
        "summary": "Summary",
        "location": {"city": "City", "countryCode": "GB"},
        "profiles": [{"network": "Network", "username": "User", "url": "https://p.example"}],
    },
    "work": [
        {"name": "Firm", "position": "Post", "startDate": "2020-01", "highlights": ["Work done"]}
    ],
    "volunteer": [{"organization": "Helpers", "position": "Helper", "endDate": "2019"}],
    "education": [
        {"institution": "School", "area": "Arts", "studyType": "BA", "courses": ["Course"]}
    ],
    "awards": [{"title": "Prize", "date": "2018", "awarder": "Jury", "summary": "For it"}],
    "certificates": [{"name": "Certificate", "issuer": "Issuer", "url": "https://c.example"}],
    "publications": [{"name": "Book", "publisher": "Press", "releaseDate": "2017-05"}],
    "skills": [{"name": "Skill", "level": "Master", "keywords": ["Keyword"]}],
    "languages": [{"language": "Klingon", "fluency": "Fluent"}],
    "interests": [{"name": "Interest", "keywords": ["Hobby"]}],
    "references": [{"name": "Referee", "reference": "Quotation"}],
    "projects": [
        {"name": "Project", "entity": "Entity", "description": "Described", "keywords": ["Tool"]}
    ],
}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def site(tmp_path):
    build(FRONTEND, tmp_path / "site")
    return tmp_path / "site"


@pytest.fixture
def page_of(tmp_path):
    def page_of(resume):
        shutil.copytree(FRONTEND, tmp_path / "frontend")
        (tmp_path / "frontend" / "resume.json").write_text(json.dumps(resume), encoding="utf-8")
        build(tmp_path / "frontend", tmp_path / "site")
        return (tmp_path / "site" / "index.html").read_text(encoding="utf-8")

    return page_of


def words(value):
    if isinstance(value, dict):
        value = [
            part
            for key, part in value.items()
            if "Date" not in key and key not in ("url", "date", "countryCode")
        ]
    return [value] if isinstance(value, str) else [word for part in value for word in words(part)]


def test_only_finished_files_are_published(site):
    names = sorted(
        re.sub(r"\.[0-9a-f]{8}\.", ".#.", p.relative_to(site).as_posix()) for p in site.rglob("*.*")
    )
    assert names == [
        "404.html",
        "assets/counter.#.js",
        "assets/style.#.css",
        "favicon.svg",
        "index.html",
        "robots.txt",
    ]


@pytest.mark.parametrize("name", ["index.html", "404.html"])
def test_a_page_loads_only_published_files_and_has_no_inline_code(site, name):
    page = Page((site / name).read_text(encoding="utf-8"))
    loaded = [
        attributes[LOADED[tag]]
        for tag, attributes in page.tags
        if tag in LOADED and LOADED[tag] in attributes and attributes.get("rel") != "canonical"
    ]
    assert "style" not in [tag for tag, _ in page.tags]
    assert not [
        attributes
        for _, attributes in page.tags
        if any(key == "style" or key[:2] == "on" for key in attributes)
    ]
    assert all(
        attributes.get("src") or "json" in attributes["type"]
        for tag, attributes in page.tags
        if tag == "script"
    )
    assert loaded
    assert all(path.startswith("/") and (site / path[1:]).is_file() for path in loaded)


def test_stylesheets_and_scripts_load_nothing_from_elsewhere(site):
    assert not [
        path
        for path in (site / "assets").iterdir()
        if re.search(r"https?:|@import|url\(", path.read_text())
    ]


def test_every_word_of_a_full_resume_is_shown(page_of):
    page = Page(page_of(FULL))
    shown = " ".join(page.text)
    assert not [word for word in words(FULL) if word not in shown]


def test_a_resume_with_only_a_name_has_no_empty_sections(page_of):
    page = Page(page_of({"basics": {"name": "Zoë"}}))
    assert "section" not in [tag for tag, _ in page.tags]
    assert "canonical" not in [attributes.get("rel") for _, attributes in page.tags]
    assert "Zoë" in page.text


def test_structured_data_cannot_break_out_of_its_script(page_of):
    text = page_of({"basics": {"name": "</script><b>", "summary": "'\"&"}})
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert json.loads(data)["name"] == "</script><b>"
    assert "<b>" not in text
