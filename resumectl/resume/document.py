"""The resume: resume.json, parsed, checked and completed.

It is a JSON Resume, version 1. `load` checks it against `resume.schema.json` (whose formats are
defined here) and fills in every missing field with an empty value. A template can use any field of
the format, and a misspelled field is an error instead of a hole in the page.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from resumectl.errors import BuildError
from resumectl.files import unreadable

RESUME: Final = "resume.json"

Json: TypeAlias = Any  # what json.loads returns

_MAX_PROBLEMS: Final = 10
_KINDS: Final[Mapping[type, tuple[str, str]]] = {
    str: ("string", "text in quotes"),
    list: ("array", "a list [...]"),
    dict: ("object", "an object {...}"),
    bool: ("boolean", "true or false"),
    int: ("number", "a number"),
    float: ("number", "a number"),
    type(None): ("null", "null"),
}


def load(path: Path) -> dict[str, Any]:
    """The resume in a file: valid, and with every field of the format present.

    Raises:
        BuildError: it is unreadable, not JSON or not a resume. The message lists the problems by
            field.
    """
    resume = _parse(path)
    file = resources.files(__package__).joinpath("resume.schema.json")
    schema = json.loads(file.read_text(encoding="utf-8"))
    problems = [*_schema_problems(resume, schema)] or [*_order_problems(resume)]
    if problems:
        lines = [f"{path.name}: {problem}." for problem in problems[:_MAX_PROBLEMS]]
        if len(problems) > _MAX_PROBLEMS:
            lines.append(f"{path.name}: and {len(problems) - _MAX_PROBLEMS} more.")
        raise BuildError(
            "\n".join(lines),
            hint=f"Fix {path.name}: its fields are those of JSON Resume, most of them optional.",
        )
    completed: dict[str, Any] = _completed(resume, schema, schema["$defs"])
    return completed


def _parse(path: Path) -> Json:
    name = path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise BuildError(
            f"{name} is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8."
        ) from error
    except json.JSONDecodeError as error:
        raise BuildError(
            f"{name}, line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}.",
            hint="Look there, or just before, for a missing or extra comma, quote or bracket.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise BuildError(f"{name}: {error}.", hint=f"Fix {name}.") from error


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """json.loads keeps the last of two equal keys: the first section would silently be lost."""
    unique = dict(pairs)
    if len(unique) < len(pairs):
        names = [name for name, _ in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{duplicate!r} occurs twice in the same object")
    return unique


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON value")


def _schema_problems(resume: Json, schema: Mapping[str, Any]) -> Iterator[str]:
    from jsonschema import Draft202012Validator, FormatChecker

    checker = FormatChecker(formats=())
    for name, (_, holds) in _FORMATS.items():
        checker.checks(name, raises=ValueError)(_of_text(holds))
    for error in Draft202012Validator(schema, format_checker=checker).iter_errors(resume):
        if error.validator == "additionalProperties":
            known = error.schema["properties"]
            yield from (_unknown(name, known) for name in error.instance if name not in known)
        elif error.validator == "required":
            missing = (name for name in error.validator_value if name not in error.instance)
            yield from (f"{_field([*error.absolute_path, name])}: is missing" for name in missing)
        else:
            where = _field(error.absolute_path)
            yield f"{where}: {_wrong(error.validator, error.validator_value, error.instance)}"


def _field(steps: Iterable[str | int]) -> str:
    """`["work", 1, "startDate"]` -> `work[1].startDate`."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return path.lstrip(".") or "the file"


def _unknown(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1)
    advice = f"did you mean {near[0]!r}" if near else f"the sections are {', '.join(known)}"
    return f"{name}: is not a section of JSON Resume; {advice}"


def _wrong(validator: str, rule: str, given: Json) -> str:
    """A violation of the schema in plain words."""
    if validator == "type":
        kinds = dict(_KINDS.values())
        return f"is {_KINDS[type(given)][1]}, but must be {kinds[rule]}"
    if not given.strip():
        return "is empty"
    return f"{given!r} is not {_FORMATS[rule][0]}"


def _order_problems(value: Json, where: tuple[str | int, ...] = ()) -> Iterator[str]:
    """The entries that end before they start."""
    inner: Iterable[tuple[str | int, Json]] = ()
    if isinstance(value, dict):
        inner, start, end = value.items(), value.get("startDate"), value.get("endDate")
        if isinstance(start, str) and isinstance(end, str) and end < start[: len(end)]:
            yield f"{_field([*where, 'endDate'])}: {end!r} is before the startDate, {start!r}"
    elif isinstance(value, list):
        inner = enumerate(value)
    for step, part in inner:
        yield from _order_problems(part, (*where, step))


def _completed(value: Json, schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Json:
    """The value with every field of the schema; a missing one is "", [] or a completed object."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if schema["type"] == "object":
        given, fields = value or {}, schema["properties"].items()
        return given | {name: _completed(given.get(name), rules, defs) for name, rules in fields}
    if schema["type"] == "array":
        return [_completed(item, schema["items"], defs) for item in value or ()]
    return value or ""


def _of_text(holds: Callable[[str], bool]) -> Callable[[object], bool]:
    """A format only checks text; any other value is a violation of `type`."""
    return lambda value: not isinstance(value, str) or holds(value)


def _is_date(text: str) -> bool:
    well_formed = re.fullmatch(r"\d{4}(-\d{2}){0,2}", text, re.ASCII) is not None
    return well_formed and date.fromisoformat((text + "-01-01")[:10]) is not None


def _is_time(text: str) -> bool:
    if len(text) <= len("2026-01-01"):
        return _is_date(text)
    return datetime.fromisoformat(text) is not None


def _is_url(text: str) -> bool:
    """Whether it is safe in a link: never `javascript:`."""
    parts = urlsplit(text)
    printable = text.isprintable() and not re.search(r"\s", text)
    web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    return printable and web


def _is_email(text: str) -> bool:
    address = re.fullmatch(r"[^@\s<>\"']+@[^@\s<>\"'.]+(\.[^@\s<>\"'.]+)+", text)
    return text.isprintable() and address is not None


def _is_country(text: str) -> bool:
    return re.fullmatch(r"[A-Z]{2}", text) is not None


_FORMATS: Final[Mapping[str, tuple[str, Callable[[str], bool]]]] = {
    "resume-date": ("a date (YYYY, YYYY-MM or YYYY-MM-DD)", _is_date),
    "resume-time": ("a date or time (such as 2026-03-31 or 2026-03-31T12:00:00)", _is_time),
    "resume-url": ("a web address (https://...)", _is_url),
    "resume-email": ("an e-mail address (name@example.com)", _is_email),
    "resume-country": ("a country code of two capital letters (such as GB)", _is_country),
}
