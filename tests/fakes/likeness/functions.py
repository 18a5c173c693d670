"""Lambda: the life of a function with its versions and alias."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.likeness.comparison import Step


def zipped(text: str) -> bytes:
    """The archive of one module."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo("counter.py", (1980, 1, 1, 0, 0, 0)), text)
    return data.getvalue()


FUNCTION = "likeness"
_TEXT = "def handler(event, context):\n    return {{'statusCode': 200, 'body': '{0}'}}\n"
_FIRST, _SECOND = zipped(_TEXT.format("first")), zipped(_TEXT.format("second"))
_SHOWN = ("Version", "CodeSha256", "MemorySize", "FunctionVersion", "Name")


def _fn(name: str, operation: str, **arguments: Any) -> Step:
    """A call for the function; of its answer what says which code and version it is."""

    def call(client: Any, known: dict[str, str]) -> Any:
        given = {key: known.get(value, value) if isinstance(value, str) else value
                 for key, value in arguments.items()}  # fmt: skip
        answer = getattr(client, operation)(FunctionName=FUNCTION, **given)
        if "RevisionId" in answer:
            known[f"{name} RevisionId"] = answer["RevisionId"]
        if "Versions" in answer:
            return [row["Version"] for row in answer["Versions"]]
        return {key: answer[key] for key in _SHOWN if key in answer}

    return name, call


def functions(role: str) -> tuple[Step, ...]:
    """The life of a function that has that role."""
    settings = {"Runtime": "python3.11", "Handler": "counter.handler", "Role": role}
    return (
        _fn("a function that does not exist", "get_function_configuration"),
        _fn("an alias of none", "get_alias", Name="live"),
        _fn("create", "create_function", Code={"ZipFile": _FIRST}, **settings),
        _fn("create again", "create_function", Code={"ZipFile": _FIRST}, **settings),
        _fn("an alias that does not exist", "get_alias", Name="live"),
        _fn("alias", "create_alias", Name="live", FunctionVersion="$LATEST"),
        _fn("alias again", "create_alias", Name="live", FunctionVersion="$LATEST"),
        _fn("publish", "publish_version"),
        _fn("publish the same", "publish_version"),
        _fn("upload", "update_function_code", ZipFile=_SECOND),
        _fn("publish the second", "publish_version"),
        _fn("move", "update_alias", Name="live", FunctionVersion="1"),
        _fn("moved", "get_alias", Name="live"),
        _fn("what is behind it", "get_function_configuration", Qualifier="live"),
        _fn("configure", "update_function_configuration", MemorySize=256),
        _fn("the old version keeps its own", "get_function_configuration", Qualifier="1"),
        _fn("publish settings", "publish_version"),
        _fn("versions", "list_versions_by_function"),
        _fn("a version that does not exist", "get_function_configuration", Qualifier="9"),
        _fn("delete a version", "delete_function", Qualifier="2"),
        _fn("what is left", "list_versions_by_function"),
        _fn("numbers are not used again", "update_function_code", ZipFile=_FIRST),
        _fn("publish a fourth", "publish_version"),
    )
