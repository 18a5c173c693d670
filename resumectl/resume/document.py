"""The resume: resume.json, read, checked and completed.

It is a JSON Resume, version 1. `load` reads the text, checks it against `resume.schema.json` (whose formats are defined
here), and fills every known field that is absent with an empty value. A template can therefore ask for any field of the
format, and a field that it misspells is an error instead of a hole in the page.
"""

from __future__ import annotations

import difflib
import json
import re
from datetime import date, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit

from resumectl.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

RESUME: Final = "resume.json"

Json: TypeAlias = Any  # what json.loads returns

_MOST_SHOWN: Final = 10
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
    """Read a resume that templates can rely on: valid, and with every known field present.

    Raises:
        BuildError: it cannot be read, is not JSON, or is not a resume; every problem is named by its field.
    """
    resume = _parse(path)
    schema = json.loads(
        resources.files(__package__).joinpath("resume.schema.json").read_text(encoding="utf-8")
    )
    problems = [*_schema_problems(resume, schema)] or [*_order_problems(resume)]
    if problems:
        lines = [f"{path.name}: {problem}." for problem in problems[:_MOST_SHOWN]]
        if len(problems) > _MOST_SHOWN:
            lines.append(f"{path.name}: and {len(problems) - _MOST_SHOWN} more.")
        raise BuildError(
            "\n".join(lines),
            hint=f"Mend {path.name}: its fields are those of JSON Resume, and an optional one may be left out.",
        )
    completed: dict[str, Any] = _completed(resume, schema, schema["$defs"])
    return completed


def _parse(path: Path) -> Json:
    name = path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text, object_pairs_hook=_without_twins, parse_constant=_no_constant)
    except OSError as error:
        raise BuildError(
            f"{name} cannot be read: {error.strerror}.", hint=f"Look at {path}."
        ) from error
    except UnicodeDecodeError as error:
        raise BuildError(
            f"{name} is not UTF-8 text, see byte {error.start}.", hint="Save it as UTF-8."
        ) from error
    except json.JSONDecodeError as error:
        raise BuildError(
            f"{name}, line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}.",
            hint="Look for a missing or extra comma, quote or bracket there, or just before.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise BuildError(f"{name}: {error}.", hint=f"Mend {name} and run again.") from error


def _without_twins(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """JSON keeps the last of two equal keys: a section written twice would lose its first half in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twin!r} stands twice in the same object")
    return found


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
    return (
        "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
        or "the file"
    )


def _unknown(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"{name}: is not a section of JSON Resume; " + (
        f"did you mean {near[0]!r}" if near else f"it has: {', '.join(known)}"
    )


def _wrong(validator: str, rule: str, given: Json) -> str:
    """One broken rule of the schema, in a person's words."""
    if validator == "type":
        kinds = dict(_KINDS.values())
        return f"is {_KINDS[type(given)][1]}, but must be {kinds[rule]}"
    if not given.strip():
        return "is empty"
    return f"{given!r} is not {_FORMATS[rule][0]}"


def _order_problems(value: Json, where: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Every entry that ends before it starts."""
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
    """The value with each field that the schema knows: text "", lists [], objects {...} where there was none."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if schema["type"] == "object":
        given = value or {}
        fields = schema["properties"].items()
        return {
            **given,
            **{name: _completed(given.get(name), rules, defs) for name, rules in fields},
        }
    if schema["type"] == "array":
        return [_completed(item, schema["items"], defs) for item in value or ()]
    return value or ""


def _of_text(holds: Callable[[str], bool]) -> Callable[[object], bool]:
    """A format says nothing about what is not text; `type` does."""
    return lambda value: not isinstance(value, str) or holds(value)


def _is_date(text: str) -> bool:
    shaped = re.fullmatch(r"\d{4}(-\d{2}){0,2}", text, re.ASCII) is not None
    return shaped and date.fromisoformat((text + "-01-01")[:10]) is not None


def _is_time(text: str) -> bool:
    return (
        _is_date(text)
        if len(text) <= len("2026-01-01")
        else datetime.fromisoformat(text) is not None
    )


def _is_url(text: str) -> bool:
    """Only what is safe to put into a link: never `javascript:`."""
    parts = urlsplit(text)
    printable = text.isprintable() and not re.search(r"\s", text)
    return (
        printable and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    )


def _is_email(text: str) -> bool:
    return (
        text.isprintable()
        and re.fullmatch(r"[^@\s<>\"']+@[^@\s<>\"'.]+(\.[^@\s<>\"'.]+)+", text) is not None
    )


def _is_country(text: str) -> bool:
    return re.fullmatch(r"[A-Z]{2}", text) is not None


_FORMATS: Final[Mapping[str, tuple[str, Callable[[str], bool]]]] = {
    "resume-date": ("a date (YYYY, YYYY-MM or YYYY-MM-DD)", _is_date),
    "resume-time": ("a date or time (such as 2026-03-31 or 2026-03-31T12:00:00)", _is_time),
    "resume-url": ("a web address (https://...)", _is_url),
    "resume-email": ("an e-mail address (name@example.com)", _is_email),
    "resume-country": ("a country code of two capital letters (such as GB)", _is_country),
}
