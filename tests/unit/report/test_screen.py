from __future__ import annotations

import pytest

GOOD = {"name": "page", "ok": True, "detail": "200", "seconds": 0.25}
BAD = {"name": "counter", "ok": False, "detail": "404 [not found]", "seconds": 12}


@pytest.fixture
def printed(screen):
    """What a call of a screen prints."""

    def text(name, *arguments, **options):
        target = screen(**options)
        getattr(target, name)(*arguments)
        return target.out.file.getvalue()

    return text


def test_a_terminal_folds_a_text_below_itself(printed):
    text = printed("folded", "lead ", "one two three four", width=15)
    assert text == "lead one two\n     three four\n"


def test_a_text_of_several_lines_keeps_them(printed):
    assert printed("folded", "- ", "one\n\ntwo", width=20) == "- one\n  \n  two\n"


def test_no_word_is_broken(printed):
    url = f"https://{'a' * 30}.example.com/"
    assert printed("folded", "  ", f"see {url} now", width=20) == f"  see\n  {url}\n  now\n"


def test_a_pipe_is_never_folded(printed):
    text = "word " * 100 + "end"
    assert printed("line", text, width=20, terminal=False) == f"{text}\n"


def test_brackets_are_text(printed):
    assert printed("line", "[bold]", (" [red]x", "red")) == "[bold] [red]x\n"


def test_a_row_has_its_label_in_front(printed):
    assert printed("row", "Lock", "ada") == "  Lock            ada\n"


def test_a_whole_line_is_never_folded(printed):
    assert printed("whole", "/p/[x]/ a b c d e f", width=5) == "/p/[x]/ a b c d e f\n"


def test_checks_stand_below_one_another(printed):
    assert printed("checks", [GOOD, BAD]) == (
        "✓ page       0.25 s  200\n✗ counter   12.00 s  404 [not found]\n"
    )


def test_a_check_without_a_time(printed):
    check = {"name": "git", "ok": True, "detail": "/usr/bin/git"}
    assert printed("checks", [check]) == "✓ git  /usr/bin/git\n"


def test_only_failed_checks_are_shown_as_failed(printed):
    assert printed("failed", [GOOD, BAD]) == "✗ counter   12.00 s  404 [not found]\n"
    assert printed("failed", [GOOD]) == ""


def test_addresses_are_never_folded(printed):
    url = f"https://{'a' * 90}.example.com/"
    assert printed("urls", {"site": url}) == f"  Site     {url}\n"


def row(key, action="create", fields=(), part="site"):
    return {"part": part, "key": key, "action": action, "fields": list(fields)}


def test_changes_stand_below_their_part(printed):
    rows = [row("a.html"), row("aws_s3_bucket.site", part="infra"), row("old [x].html", "delete")]
    assert printed("changes", rows) == (
        "Site  1 to create, 1 to delete\n"
        "  + a.html\n"
        "  - old [x].html\n"
        "Infrastructure  1 to create\n"
        "  + S3 bucket site\n"
    )


def test_a_part_that_no_table_knows_is_shown(printed):
    assert printed("changes", [row("jobs", part="queue")]) == "Queue  1 to create\n  + jobs\n"


def test_an_update_names_what_differs(printed):
    change = row("a.html", "update", ["sha256", "cache_control", "b", "c"])
    assert "  ~ a.html  content, Cache-Control, b and 1 more\n" in printed("changes", [change])
    assert "b, c\n" in printed("changes", [change], verbose=True)
    assert "content" not in printed("changes", [row("a.html", "delete", ["sha256"])])


def test_a_long_plan_is_shortened_unless_verbose(printed):
    rows = [row(f"{number:02}.html") for number in range(20)]
    text = printed("changes", rows)
    assert ("07.html" in text, "08.html" in text) == (True, False)
    assert "… and 12 more (-v shows all)" in text
    assert "19.html" in printed("changes", rows, verbose=True)
