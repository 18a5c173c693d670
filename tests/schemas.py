"""The contract of `--json`: every document is checked against its schema in docs/schemas/."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parents[1] / "docs" / "schemas"


def validate(document: Mapping[str, Any]) -> None:
    """Check a document, of a command or of the ledger, against the schema that it names.

    Raises:
        jsonschema.ValidationError: it breaks the contract.
    """
    _validator(schema_of(document["schema"])).validate(document)


def schema_of(name: str) -> str:
    """The file for a schema's name: `resumectl/local-start/v1` -> `local.json`."""
    command = name.split("/")[1]
    return f"{'local' if command.startswith('local-') else command}.json"


@cache
def _validator(name: str) -> Draft202012Validator:
    documents = {file.name: json.loads(file.read_text()) for file in FOLDER.glob("*.json")}
    registry = Registry().with_resources(
        (name, Resource.from_contents(body)) for name, body in documents.items()
    )
    return Draft202012Validator(documents[name], registry=registry)
