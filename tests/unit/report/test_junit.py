from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from resumectl.report.junit import junit

GOOD = {"name": "page", "ok": True, "detail": "200, the built file", "seconds": 0.25}
UNSEEN = {"name": "page", "ok": False, "detail": "no such host", "seconds": 1, "seen": False}
BAD = {"name": "counter", "ok": False, "detail": "added <1> instead of 2 & more", "seconds": 1.5}


def test_the_totals_of_a_run():
    root = ET.fromstring(junit([GOOD, BAD], "smoke prod", "2026-11-22T10:00:00+00:00"))
    assert root.attrib == {
        "name": "smoke prod",
        "tests": "2",
        "failures": "1",
        "errors": "0",
        "time": "1.750",
    }
    (suite,) = root
    assert suite.attrib == {**root.attrib, "skipped": "0", "timestamp": "2026-11-22T10:00:00+00:00"}


def test_each_check_is_a_case():
    good, bad = ET.fromstring(junit([GOOD, BAD], "smoke prod", "")).iter("testcase")
    assert good.attrib == {"classname": "smoke prod", "name": "page", "time": "0.250"}
    assert [(child.tag, child.text) for child in good] == [("system-out", "200, the built file")]
    assert [(child.tag, child.text) for child in bad] == [("failure", BAD["detail"])]
    assert bad[0].attrib == {"message": BAD["detail"], "type": "smoke"}


def test_what_was_not_seen_is_an_error_and_no_failure():
    root = ET.fromstring(junit([GOOD, UNSEEN], "smoke prod"))
    assert (root.get("failures"), root.get("errors")) == ("0", "1")
    (error,) = root.iter("error")
    assert (error.text, error.attrib) == (
        "no such host",
        {"message": "no such host", "type": "unseen"},
    )


def test_a_run_without_checks_or_time():
    text = junit([], "smoke")
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    assert "timestamp" not in text
    assert ET.fromstring(text).get("tests") == "0"


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_any_text_makes_a_file_that_can_be_read(name, detail):
    written = junit([{**BAD, "name": name, "detail": detail}], name).encode()
    assert len(list(ET.fromstring(written).iter("failure"))) == 1
