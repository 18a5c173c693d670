"""The checks of a smoke run as JUnit XML, which GitHub, GitLab and Jenkins read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(checks: Sequence[Mapping[str, Any]], suite: str, time: str = "") -> str:
    """The XML document, with one test case for each check.

    Args:
        checks: the checks as in every JSON document.
        suite: the name of the run, for example `resumectl smoke prod`.
        time: when the run began, in ISO 8601; left out when empty.
    """
    totals = _totals(checks)
    began = {"timestamp": time} if time else {}
    root = ET.Element("testsuites", {"name": _legal(suite), **totals})
    cases = ET.SubElement(
        root, "testsuite", {"name": _legal(suite), **totals, "skipped": "0", **began}
    )
    for check in checks:
        _add(cases, check, suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _totals(checks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    seconds = sum(float(check["seconds"]) for check in checks)
    failures = sum(not check["ok"] for check in checks)
    return {
        "tests": str(len(checks)),
        "failures": str(failures),
        "errors": "0",
        "time": f"{seconds:.3f}",
    }


def _add(cases: ET.Element, check: Mapping[str, Any], suite: str) -> None:
    name, detail = _legal(str(check["name"])), _legal(str(check["detail"]))
    attributes = {
        "classname": _legal(suite),
        "name": name,
        "time": f"{float(check['seconds']):.3f}",
    }
    case = ET.SubElement(cases, "testcase", attributes)
    if check["ok"]:
        ET.SubElement(case, "system-out").text = detail
    else:
        ET.SubElement(case, "failure", {"message": detail, "type": "smoke"}).text = detail


def _legal(text: str) -> str:
    """The text without characters that XML cannot hold, such as control characters."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
