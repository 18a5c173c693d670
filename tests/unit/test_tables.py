from __future__ import annotations

import re
import tomllib
from datetime import date

import pytest

from resumectl.errors import SettingsError
from resumectl.tables import Pattern, Table, line_numbers

LETTERS = Pattern(re.compile("[a-z]+"), "lower-case letters")


def table(text):
    return Table("settings.toml", "", tomllib.loads(text), line_numbers(text))


def problem(read):
    with pytest.raises(SettingsError) as caught:
        read()
    return caught.value.message


# --- values


def test_values_are_read_by_kind():
    values = table("name = 'a'\ncount = 3\non = true\nuntil = 2027-01-31\n")
    assert values.text("name", "") == "a"
    assert values.number("count", None, 1, 5) == 3
    assert values.typed("on", bool, default=False) is True
    assert values.typed("until", date, None) == date(2027, 1, 31)


def test_a_missing_value_is_the_default():
    empty = table("")
    assert empty.text("name", "x") == "x"
    assert empty.optional("name") is None
    assert empty.number("count", 7, 1, 5) == 7
    assert empty.table("inner").values == {}
    assert empty.tables("list") == []


def test_a_default_need_not_match_the_pattern():
    assert table("").text("name", "", LETTERS) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [("key = true", int), ("key = 2027-01-31T00:00:00", date), ("key = 1", bool), ("key = 1", str)],
)
def test_a_value_of_another_kind_is_refused(text, kind):
    assert "settings.toml, line 1: key must be" in problem(
        lambda: table(text).typed("key", kind, None)
    )


@pytest.mark.parametrize("value", [0, 6])
def test_a_number_out_of_range_is_refused(value):
    message = problem(lambda: table(f"count = {value}").number("count", None, 1, 5))
    assert message == "settings.toml, line 1: count must be between 1 and 5."


def test_a_text_that_does_not_match_is_shown_with_the_form_it_must_have():
    message = problem(lambda: table("name = 'A1'").text("name", "", LETTERS))
    assert message == "settings.toml, line 1: name is 'A1', but must be lower-case letters."


def test_an_unknown_key_suggests_the_nearest():
    message = problem(lambda: table("a = 1\n\nnaem = 1").only("a", "name"))
    assert message == "settings.toml, line 3: naem is not a known setting (did you mean 'name'?)."


def test_an_unknown_key_unlike_any_other_lists_the_known_ones():
    message = problem(lambda: table("zzz = 1").only("name", "account"))
    assert message.endswith("(known: account, name).")


# --- nested tables


def test_an_error_in_a_nested_table_has_the_full_name():
    inner = table("[env]\n[env.prod]\nport = 1").table("env").table("prod")
    assert problem(lambda: inner.number("port", None, 5, 9)).startswith(
        "settings.toml, line 3: env.prod.port must be"
    )


def test_an_error_in_a_list_of_tables_has_the_index():
    first, second = table("[[x]]\nkey = 'a'\n[[x]]\nkey = 5\n").tables("x")
    assert first.text("key", "") == "a"
    assert problem(lambda: second.text("key", "")).startswith("settings.toml, line 4: x[1].key ")


def test_a_list_that_holds_more_than_tables_is_refused():
    assert "must be a list of tables" in problem(lambda: table("x = [1]").tables("x"))


def test_an_error_about_a_table_itself_names_its_header():
    inner = table("\n[env.prod]\n").table("env").table("prod")
    assert problem(lambda: inner.fail(None, "is odd")) == "settings.toml, line 2: env.prod is odd."


def test_a_key_of_an_inline_table_gets_the_line_of_the_table():
    inner = table("a = 1\nenv = { port = 1 }").table("env")
    assert (
        problem(lambda: inner.fail("port", "is odd")) == "settings.toml, line 2: env.port is odd."
    )


# --- line numbers


def test_line_numbers_follow_headers_keys_and_quotes():
    text = '[project]\nname = "x"\n\n[ env . "prod" ] # real\n"region" = "y"\n'
    assert line_numbers(text) == {
        "project": 1,
        "project.name": 2,
        "env.prod": 4,
        "env.prod.region": 5,
    }


def test_line_numbers_count_the_tables_of_a_list():
    assert line_numbers("[[x]]\na = 1\n[[x]]\na = 2") == {
        "x": 1,
        "x[0]": 1,
        "x[0].a": 2,
        "x[1]": 3,
        "x[1].a": 4,
    }
