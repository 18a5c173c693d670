"""resume.json: what is valid, what the errors say, and what templates can rely on."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resumectl.errors import BuildError
from resumectl.resume.document import load


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "resume.json"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(
                content if isinstance(content, str) else json.dumps(content), encoding="utf-8"
            )
        return path

    return write


@pytest.fixture
def refused(write):
    def refused(content):
        with pytest.raises(BuildError) as caught:
            load(write(content))
        assert caught.value.hint
        return caught.value.message

    return refused


def with_work(**fields):
    return {"basics": {"name": "A"}, "work": [{"name": "First"}, fields]}


def test_missing_fields_are_filled_in_empty(write):
    resume = load(write({"basics": {"name": "Zoë"}, "work": [{"name": "X"}]}))

    assert resume["basics"]["name"] == "Zoë"
    assert resume["basics"]["location"]["city"] == ""
    assert resume["basics"]["profiles"] == []
    assert resume["work"] == [
        {
            "name": "X",
            "position": "",
            "location": "",
            "description": "",
            "url": "",
            "startDate": "",
            "endDate": "",
            "summary": "",
            "highlights": [],
        }
    ]
    assert resume["references"] == []
    assert resume["meta"]["lastModified"] == ""


def test_further_fields_of_a_section_are_kept(write):
    resume = load(write({"basics": {"name": "A", "pronouns": "they"}}))
    assert resume["basics"]["pronouns"] == "they"


def test_a_byte_order_mark_is_ignored(write):
    assert load(write(b'\xef\xbb\xbf{"basics": {"name": "A"}}'))["basics"]["name"] == "A"


@pytest.mark.parametrize("date", ["2020", "2020-03", "2020-02-29", "1999-12-31"])
def test_a_date_may_be_a_year_a_month_or_a_day(write, date):
    assert load(write(with_work(startDate=date)))["work"][1]["startDate"] == date


@pytest.mark.parametrize(
    "date",
    [
        "2020-13",
        "2020-00",
        "2021-02-29",
        "03/2020",
        "Present",
        "20",
        "2020-3",
        "2020-03-31T10:00",
        "\uff12020",
    ],
)
def test_other_dates_are_refused(refused, date):
    assert refused(with_work(startDate=date)) == (
        f"resume.json: work[1].startDate: {date!r} is not a date (YYYY, YYYY-MM or YYYY-MM-DD)."
    )


@pytest.mark.parametrize(
    "url",
    [
        "example.com",
        "javascript:alert(1)",
        "JavaScript://example.com/%0aalert(1)",
        "https://",
        "https:// example.com",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://[broken",
        "https://example.com:99999",
        "ftp://example.com",
        "mailto:a@example.com",
    ],
)
def test_other_web_addresses_are_refused(refused, url):
    assert "work[1].url: " in (message := refused(with_work(url=url)))
    assert "is not a web address (https://...)" in message


@pytest.mark.parametrize(
    "url", ["https://example.com", "http://münchen.example/ä?q=1#x", "https://[::1]:8080/"]
)
def test_http_and_https_addresses_are_valid(write, url):
    assert load(write(with_work(url=url)))["work"][1]["url"] == url


@pytest.mark.parametrize(
    "email", ["a", "a@b", "a@@b.example", "a b@c.example", "a@b..example", '"><x>@b.example']
)
def test_other_email_addresses_are_refused(refused, email):
    assert "basics.email: " in (message := refused({"basics": {"name": "A", "email": email}}))
    assert "is not an e-mail address" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"basics": {"name": "A"}, "wrok": []},
            "wrok: is not a section of JSON Resume; did you mean 'work'.",
        ),
        (
            {"basics": {"name": "A"}, "Skills": []},
            "Skills: is not a section of JSON Resume; did you mean 'skills'.",
        ),
        ({}, "basics: is missing."),
        ({"basics": {}}, "basics.name: is missing."),
        ({"basics": {"name": " "}}, "basics.name: is empty."),
        ({"basics": {"name": 7}}, "basics.name: is a number, but must be text in quotes."),
        ({"basics": {"name": None}}, "basics.name: is null, but must be text in quotes."),
        ({"basics": []}, "basics: is a list [...], but must be an object {...}."),
        ([], "the file: is a list [...], but must be an object {...}."),
        (
            with_work(highlights="One"),
            "work[1].highlights: is text in quotes, but must be a list [...].",
        ),
        (
            with_work(highlights=["a", True]),
            "work[1].highlights[1]: is true or false, but must be text in quotes.",
        ),
        (with_work(endDate=""), "work[1].endDate: is empty."),
        (
            with_work(startDate="2020-05", endDate="2019"),
            "work[1].endDate: '2019' is before the startDate, '2020-05'.",
        ),
        (
            {"basics": {"name": "A", "location": {"countryCode": "UK "}}},
            (
                "basics.location.countryCode: 'UK ' is not "
                "a country code of two capital letters (such as GB)."
            ),
        ),
        (
            {"basics": {"name": "A"}, "meta": {"lastModified": "yesterday"}},
            (
                "meta.lastModified: 'yesterday' is not "
                "a date or time (such as 2026-03-31 or 2026-03-31T12:00:00)."
            ),
        ),
    ],
)
def test_errors_name_the_field_in_plain_words(refused, content, message):
    assert refused(content) == f"resume.json: {message}"


def test_an_unknown_section_without_a_similar_one_lists_the_known_ones(refused):
    assert "the sections are " in (message := refused({"basics": {"name": "A"}, "qqqq": 1}))
    assert "certificates" in message


def test_up_to_ten_problems_are_reported_at_once(refused):
    message = refused({"basics": {"name": "A"}, "work": [{"startDate": "x"}] * 12})

    assert message.splitlines()[0].startswith("resume.json: work[0].startDate: ")
    assert message.splitlines()[-1] == "resume.json: and 2 more."
    assert len(message.splitlines()) == 11


@pytest.mark.parametrize(
    ("start", "end"), [("2020-05", "2020"), ("2020", "2020-01"), ("2020-05", "2020-05-01")]
)
def test_an_entry_may_end_in_the_month_or_year_it_starts_in(write, start, end):
    load(write(with_work(startDate=start, endDate=end)))


def test_last_modified_may_be_a_time(write):
    resume = {"basics": {"name": "A"}, "meta": {"lastModified": "2026-03-31T12:00:00Z"}}
    assert load(write(resume))["meta"]["lastModified"] == "2026-03-31T12:00:00Z"


def test_invalid_json_is_reported_by_line_and_column(refused):
    message = refused('{\n  "basics": {"name": "A"}\n  "work": []\n}')
    assert message.startswith("resume.json, line 3, column 3: not valid JSON: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "resume.json, line 1, column 1: not valid JSON"),
        (b'{"basics": {"name": "\xff"}}', "resume.json is not UTF-8 text (byte 21)."),
        (
            b'{"basics": {"name": "A"}, "work": [], "work": []}',
            "resume.json: 'work' occurs twice in the same object.",
        ),
        (b'{"basics": {"name": NaN}}', "resume.json: NaN is not a JSON value."),
        (b"[" * 100_000, "resume.json: "),
    ],
)
def test_other_files_are_refused(refused, content, message):
    assert refused(content).startswith(message)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BuildError, match=r"^Cannot read .*resume\.json: No such file"):
        load(tmp_path / "resume.json")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
SECTION = st.sampled_from(
    ["basics", "work", "skills", "meta", "education", "projects", "languages"]
)
ENTRY = st.dictionaries(st.sampled_from(["name", "url", "startDate", "endDate"]), JSON)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(SECTION, JSON | st.lists(ENTRY, max_size=3), max_size=4))
def test_any_json_is_either_valid_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "resume.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    try:
        resume = load(path)
    except BuildError as error:
        assert error.message.startswith("resume.json: ")  # noqa: PT017
    else:
        assert resume["basics"]["name"].strip()
