from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resumectl.report.markdown import code, link, table, text


@pytest.mark.parametrize(
    ("plain", "escaped"),
    [
        ("a | b", r"a \| b"),
        ("two\nlines\r\n  here", "two lines here"),
        ("<script>&amp;", "&lt;script&gt;&amp;amp;"),
        ("*bold* _it_ `code` [x](y) ~~s~~", r"\*bold\* \_it\_ \`code\` \[x\](y) \~\~s\~\~"),
        ("\\|", r"\\\|"),
        (42, "42"),
        ("", ""),
    ],
)
def test_text_is_plain(plain, escaped):
    assert text(plain) == escaped


def test_long_text_is_cut():
    assert text("a" * 999) == "a" * 299 + "…"


@pytest.mark.parametrize(
    ("plain", "escaped"),
    [
        ("index.html", "`index.html`"),
        ("a|b", r"`a\|b`"),
        ("a`b", "`` a`b ``"),
        ("``", "``` `` ```"),
        ("a\nb", "`a b`"),
        ("", ""),
    ],
)
def test_code_is_code(plain, escaped):
    assert code(plain) == escaped


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.com/api/count?page=/", "<https://example.com/api/count?page=/>"),
        ("https://example.com/a b>c", "<https://example.com/a%20b%3Ec>"),
        ("https://example.com/a%20b", "<https://example.com/a%20b>"),
    ],
)
def test_links(url, linked):
    assert link(url) == linked


def test_a_table():
    assert table(["A", "B"], [["1", "2"]], 5) == "| A | B |\n| --- | --- |\n| 1 | 2 |"


@pytest.mark.parametrize(("rows", "more"), [(2, None), (3, 1), (9, 7)])
def test_a_table_has_a_limit(rows, more):
    drawn = table(["A"], [[str(row)] for row in range(rows)], 2)
    assert len(re.findall(r"^\| \d \|$", drawn, re.MULTILINE)) == 2
    assert drawn.endswith(f"\n\n... and {more} more") is (more is not None)


@given(st.text(), st.text())
def test_a_cell_never_breaks_its_row(first, second):
    row = table(["A", "B"], [[text(first), code(second)]], 1).split("\n")
    assert len(row) == 3
    assert (
        len(
            re.findall(
                r"(?<!\\)(?:\\\\)*\|",
                row[2].replace(code(second), "", 1) if second.strip() else row[2],
            )
        )
        == 3
    )
