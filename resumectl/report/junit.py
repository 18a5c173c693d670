"""The checks of a smoke run as JUnit XML, which GitHub, GitLab and Jenkins read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

from resumectl.report import words

_ELEMENTS: Final = {"failed": "failure", "unseen": "error"}
_TYPES: Final = {"failed": "smoke", "unseen": "unseen"}
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(checks: Sequence[Mapping[str, Any]], suite: str, time: str = "") -> str:
    """The XML document, with one test case for each check of a JSON document.

    `suite` names the run (`resumectl smoke prod`), `time` says when it began, in ISO 8601.
    """
    totals = {"name": _legal(suite), **_totals(checks)}
    began = {"timestamp": time} if time else {}
    root = ET.Element("testsuites", totals)
    cases = ET.SubElement(root, "testsuite", totals, skipped="0", **began)
    for check in checks:
        _add(cases, check, _legal(suite))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _totals(checks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    seconds = sum(check["seconds"] for check in checks)
    results = [words.check(check) for check in checks]
    failures, errors = str(results.count("failed")), str(results.count("unseen"))
    counts = {"tests": str(len(checks)), "failures": failures, "errors": errors}
    return {**counts, "time": f"{seconds:.3f}"}


def _add(cases: ET.Element, check: Mapping[str, Any], suite: str) -> None:
    name, detail, time = _legal(check["name"]), _legal(check["detail"]), f"{check['seconds']:.3f}"
    case = ET.SubElement(cases, "testcase", classname=suite, name=name, time=time)
    result = words.check(check)
    if result == "passed":
        ET.SubElement(case, "system-out").text = detail
    else:
        attributes = {"message": detail, "type": _TYPES[result]}
        ET.SubElement(case, _ELEMENTS[result], attributes).text = detail


def _legal(text: str) -> str:
    """The text without characters that XML cannot hold, such as control characters."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
