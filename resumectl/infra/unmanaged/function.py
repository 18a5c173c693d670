"""Ways to call the function that nobody released: aliases, addresses, permissions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from resumectl.aws import error_code
from resumectl.infra.unmanaged.kind import Kind, known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from resumectl.aws import Client
    from resumectl.infra.state import State
    from resumectl.infra.unmanaged.kind import Found


def _aliases(function: Client, state: State) -> Iterator[Found]:
    ours = known(state, "aws_lambda_alias", "name")
    for page in function.get_paginator("list_aliases").paginate(
        FunctionName=state.outputs["function_name"]
    ):
        for alias in page["Aliases"]:
            if alias["Name"] not in ours:
                yield alias["Name"], {"name": alias["Name"], "version": alias["FunctionVersion"]}


def _delete_alias(function: Client, state: State, fields: Mapping[str, Any]) -> None:
    function.delete_alias(FunctionName=state.outputs["function_name"], Name=fields["name"])


def _urls(function: Client, state: State) -> Iterator[Found]:
    ours = known(state, "aws_lambda_function_url", "function_url")
    pages = function.get_paginator("list_function_url_configs").paginate(
        FunctionName=state.outputs["function_name"]
    )
    for url in (url for page in pages for url in page["FunctionUrlConfigs"]):
        if url["FunctionUrl"] not in ours:
            qualifier = url["FunctionArn"].split(":")[7:]
            yield url["FunctionUrl"], {"qualifier": "".join(qualifier), "access": url["AuthType"]}


def _delete_url(function: Client, state: State, fields: Mapping[str, Any]) -> None:
    function.delete_function_url_config(
        FunctionName=state.outputs["function_name"], **_qualified(fields["qualifier"])
    )


def _statements(function: Client, state: State) -> Iterator[Found]:
    ours = known(state, "aws_lambda_permission", "statement_id")
    for qualifier in ("", state.outputs["function_alias"]):
        for statement in _policy(function, state.outputs["function_name"], qualifier):
            if statement["Sid"] not in ours:
                ours.add(statement["Sid"])
                shown = {
                    "sid": statement["Sid"],
                    "qualifier": qualifier,
                    "principal": statement.get("Principal"),
                }
                yield statement["Sid"], shown


def _policy(function: Client, name: str, qualifier: str) -> list[dict[str, Any]]:
    from botocore.exceptions import ClientError

    try:
        policy = json.loads(
            function.get_policy(FunctionName=name, **_qualified(qualifier))["Policy"]
        )
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            return []
        raise
    statements: list[dict[str, Any]] = policy["Statement"]
    return statements


def _remove_statement(function: Client, state: State, fields: Mapping[str, Any]) -> None:
    name = state.outputs["function_name"]
    function.remove_permission(
        FunctionName=name, StatementId=fields["sid"], **_qualified(fields["qualifier"])
    )


def _qualified(qualifier: str) -> dict[str, str]:
    return {"Qualifier": qualifier} if qualifier else {}


KINDS: Final = (
    Kind("alias", "lambda", _aliases, _delete_alias),
    Kind("function-url", "lambda", _urls, _delete_url),
    Kind("statement", "lambda", _statements, _remove_statement),
)
