"""Lambda: the function with its alias and permission, and other ways to call it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws
from resumectl.infra.inventory.extra import Extra, declared
from resumectl.infra.inventory.lookup import Account, Lookup, paged

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.infra.inventory.extra import Rows
    from resumectl.infra.state import State
    from resumectl.plan import Fields


LATEST: Final = "$LATEST"


def _function(account: Account, fields: Fields) -> str | None:
    name = fields["function_name"]
    response = aws.found(account.client("lambda").get_function, FunctionName=name)
    return account.ours(name, response.get("Tags")) if response else None


def _alias(account: Account, fields: Fields) -> str | None:
    function, name = fields["function_name"], fields["name"]
    response = aws.found(account.client("lambda").get_alias, FunctionName=function, Name=name)
    return f"{function}/{name}" if response else None


def _permission(account: Account, fields: Fields) -> str | None:
    function, alias, sid = fields["function_name"], fields["qualifier"], fields["statement_id"]
    statements = _policy(account.client("lambda"), function, alias)
    if any(statement["Sid"] == sid for statement in statements):
        return f"{function}:{alias}/{sid}"
    return None


def _aliases(lambda_: Client, state: State) -> Rows:
    ours = declared(state, "aws_lambda_alias", "name")
    function = state.outputs["function_name"]
    for alias in paged(lambda_, "list_aliases", "Aliases", FunctionName=function):
        if alias["Name"] not in ours:
            yield alias["Name"], {"name": alias["Name"], "version": alias["FunctionVersion"]}


def _delete_alias(lambda_: Client, state: State, fields: Fields) -> None:
    lambda_.delete_alias(FunctionName=state.outputs["function_name"], Name=fields["name"])


def _urls(lambda_: Client, state: State) -> Rows:
    ours = declared(state, "aws_lambda_function_url", "function_url")
    function, operation = state.outputs["function_name"], "list_function_url_configs"
    for url in paged(lambda_, operation, "FunctionUrlConfigs", FunctionName=function):
        if url["FunctionUrl"] not in ours:
            qualifier = _qualifier(url["FunctionArn"])
            yield url["FunctionUrl"], {"qualifier": qualifier, "access": url["AuthType"]}


def _delete_url(lambda_: Client, state: State, fields: Fields) -> None:
    qualified = _qualified(fields["qualifier"])
    lambda_.delete_function_url_config(FunctionName=state.outputs["function_name"], **qualified)


def _statements(lambda_: Client, state: State) -> Rows:
    """Statements of the function's own policy and of its alias's."""
    ours = {
        (permission.attributes.get("statement_id"), permission.attributes.get("qualifier") or "")
        for permission in state.resources
        if permission.type == "aws_lambda_permission"
    }
    for policy in ("", state.outputs["function_alias"]):
        for statement in _policy(lambda_, state.outputs["function_name"], policy):
            # MiniStack's policy of the function includes the alias's, so the ARN tells them apart.
            sid, qualifier = statement["Sid"], _qualifier(statement["Resource"])
            if (sid, qualifier) not in ours:
                principal = statement.get("Principal")
                yield sid, {"sid": sid, "qualifier": qualifier, "principal": principal}


def _remove_statement(lambda_: Client, state: State, fields: Fields) -> None:
    function, qualified = state.outputs["function_name"], _qualified(fields["qualifier"])
    lambda_.remove_permission(FunctionName=function, StatementId=fields["sid"], **qualified)


def _sources(lambda_: Client, state: State) -> Rows:
    """Queues and streams that call the function or its alias."""
    ours = declared(state, "aws_lambda_event_source_mapping", "uuid")
    function, alias = state.outputs["function_name"], state.outputs["function_alias"]
    for name in (function, f"{function}:{alias}"):
        operation = "list_event_source_mappings"
        for item in paged(lambda_, operation, "EventSourceMappings", FunctionName=name):
            if item["UUID"] not in ours:
                source = str(item.get("EventSourceArn", "")).rpartition(":")[2] or item["UUID"]
                qualifier = _qualifier(str(item.get("FunctionArn", "")))
                yield f"{source} {qualifier}".strip(), {"id": item["UUID"]}


def _delete_source(lambda_: Client, _: State, fields: Fields) -> None:
    lambda_.delete_event_source_mapping(UUID=fields["id"])


def _destinations(lambda_: Client, state: State) -> Rows:
    """Where results of asynchronous calls are sent, and how often such calls are repeated."""
    ours = {
        config.attributes.get("qualifier") or ""
        for config in state.resources
        if config.type == "aws_lambda_function_event_invoke_config"
    }
    operation, key = "list_function_event_invoke_configs", "FunctionEventInvokeConfigs"
    name = state.outputs["function_name"]
    for config in paged(lambda_, operation, key, FunctionName=name):
        qualifier = _qualifier(config["FunctionArn"])
        if qualifier not in ours:
            yield qualifier or LATEST, {"qualifier": qualifier}


def _delete_destinations(lambda_: Client, state: State, fields: Fields) -> None:
    qualified = _qualified("" if fields["qualifier"] == LATEST else fields["qualifier"])
    name = state.outputs["function_name"]
    lambda_.delete_function_event_invoke_config(FunctionName=name, **qualified)


def _provisioned(lambda_: Client, state: State) -> Rows:
    ours = declared(state, "aws_lambda_provisioned_concurrency_config", "qualifier")
    operation, key = "list_provisioned_concurrency_configs", "ProvisionedConcurrencyConfigs"
    for config in paged(lambda_, operation, key, FunctionName=state.outputs["function_name"]):
        qualifier = _qualifier(config["FunctionArn"])
        if qualifier not in ours:
            yield qualifier, {"qualifier": qualifier}


def _delete_provisioned(lambda_: Client, state: State, fields: Fields) -> None:
    lambda_.delete_provisioned_concurrency_config(
        FunctionName=state.outputs["function_name"], Qualifier=fields["qualifier"]
    )


def _recursion(lambda_: Client, state: State) -> Rows:
    """Lambda stops a loop of functions and queues after 16 rounds, unless it is told not to."""
    name = state.outputs["function_name"]
    response = aws.found(lambda_.get_function_recursion_config, FunctionName=name) or {}
    types = {resource.type for resource in state.resources}
    if response.get("RecursiveLoop") == "Allow" and _RECURSION not in types:
        yield name, {"name": name}


def _forbid_recursion(lambda_: Client, _: State, fields: Fields) -> None:
    lambda_.put_function_recursion_config(FunctionName=fields["name"], RecursiveLoop="Terminate")


def _runtime(lambda_: Client, state: State) -> Rows:
    """A runtime that does not get security updates by itself."""
    name = state.outputs["function_name"]
    response = aws.found(lambda_.get_runtime_management_config, FunctionName=name) or {}
    types = {resource.type for resource in state.resources}
    mode = response.get("UpdateRuntimeOn", "Auto")
    if mode != "Auto" and _RUNTIME not in types:
        yield name, {"name": name, "setting": mode}


def _update_runtime(lambda_: Client, _: State, fields: Fields) -> None:
    lambda_.put_runtime_management_config(FunctionName=fields["name"], UpdateRuntimeOn="Auto")


def _policy(lambda_: Client, function: str, qualifier: str) -> list[dict[str, Any]]:
    response = aws.found(lambda_.get_policy, FunctionName=function, **_qualified(qualifier))
    policy: dict[str, Any] = json.loads(response["Policy"]) if response else {"Statement": []}
    return list(policy["Statement"])


def _qualifier(arn: str) -> str:
    """The alias in arn:aws:lambda:REGION:ACCOUNT:function:NAME[:ALIAS], or an empty string."""
    return "".join(arn.split(":")[7:])


def _qualified(qualifier: str) -> dict[str, str]:
    return {"Qualifier": qualifier} if qualifier else {}


_RECURSION: Final = "aws_lambda_function_recursion_config"
_RUNTIME: Final = "aws_lambda_runtime_management_config"
_PARENT: Final = ("aws_lambda_function", "function_name")
LOOKUPS: Final = {
    "aws_lambda_function": Lookup(_function, ("function_name",)),
    "aws_lambda_alias": Lookup(_alias, ("function_name", "name"), _PARENT),
    "aws_lambda_permission": Lookup(
        _permission, ("function_name", "qualifier", "statement_id"), _PARENT
    ),
}
EXTRAS: Final = (
    Extra("alias", "lambda", "aliases", "lambda:ListAliases", _aliases, _delete_alias),
    Extra(
        *("function-url", "lambda", "function URLs", "lambda:ListFunctionUrlConfigs"),
        find=_urls,
        remove=_delete_url,
    ),
    Extra(
        *("statement", "lambda", "the function's policy", "lambda:GetPolicy"),
        find=_statements,
        remove=_remove_statement,
    ),
    Extra(
        *("event-source", "lambda", "event sources", "lambda:ListEventSourceMappings"),
        find=_sources,
        remove=_delete_source,
    ),
    Extra(
        *("invoke-config", "lambda", "asynchronous calls"),
        action="lambda:ListFunctionEventInvokeConfigs",
        find=_destinations,
        remove=_delete_destinations,
    ),
    Extra(
        *("provisioned-concurrency", "lambda", "provisioned concurrency"),
        action="lambda:ListProvisionedConcurrencyConfigs",
        find=_provisioned,
        remove=_delete_provisioned,
    ),
    Extra(
        *("recursion", "lambda", "the limit of loops", "lambda:GetFunctionRecursionConfig"),
        find=_recursion,
        remove=_forbid_recursion,
    ),
    Extra(
        *("runtime-updates", "lambda", "runtime updates", "lambda:GetRuntimeManagementConfig"),
        find=_runtime,
        remove=_update_runtime,
    ),
)
