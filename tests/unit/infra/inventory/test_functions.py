from __future__ import annotations

import pytest

from tests.fakes.leftovers import NAME
from tests.fakes.undeclared import (
    ABSENT,
    ARN,
    FUNCTION,
    STATE,
    policy,
    removal,
    resource,
    undeclared,
)

URL = "https://abc.lambda-url.eu-west-2.on.aws/"
ALIAS, PERMISSION = "aws_lambda_alias.live", "aws_lambda_permission.api"


def test_an_interrupted_apply_may_have_created_the_function_alone(leftovers):
    leftovers.fill()
    functions = leftovers.client("lambda")
    functions.remove_permission(FunctionName=NAME, Qualifier="live", StatementId="InvokeByApi")
    functions.add_permission(
        FunctionName=NAME,
        Qualifier="live",
        StatementId="Another",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    assert leftovers.find(ALIAS, PERMISSION) == {ALIAS: f"{NAME}/live"}
    functions.delete_alias(FunctionName=NAME, Name="live")
    assert leftovers.find(ALIAS, PERMISSION) == {}


def test_an_undeclared_alias_is_found_and_removed():
    aliases = [{"Name": "live", "FunctionVersion": "3"}, {"Name": "canary", "FunctionVersion": "2"}]
    (change,) = undeclared(list_aliases={"Aliases": aliases})
    assert change.key == "alias canary"
    assert change.after == {"resource": "alias", "name": "canary", "version": "2"}
    assert removal(change) == ("delete_alias", {"FunctionName": FUNCTION, "Name": "canary"})


@pytest.mark.parametrize(("arn", "qualified"), [(ARN, {}), (f"{ARN}:live", {"Qualifier": "live"})])
def test_an_undeclared_url_is_removed_from_the_function_or_the_alias(arn, qualified):
    url = {"FunctionUrl": URL, "FunctionArn": arn, "AuthType": "NONE"}
    (change,) = undeclared(list_function_url_configs={"FunctionUrlConfigs": [url]})
    assert change.key == f"function-url {URL}"
    assert change.after["access"] == "NONE"
    assert removal(change) == (
        "delete_function_url_config",
        {"FunctionName": FUNCTION, **qualified},
    )


def test_a_declared_url_is_not_reported():
    url = {"FunctionUrl": URL, "FunctionArn": ARN, "AuthType": "NONE"}
    declared = resource("aws_lambda_function_url", function_url=URL)
    state = type(STATE)(1, "", STATE.outputs, (*STATE.resources, declared))
    assert undeclared(state, list_function_url_configs={"FunctionUrlConfigs": [url]}) == ()


@pytest.mark.parametrize(("arn", "qualified"), [(ARN, {}), (f"{ARN}:live", {"Qualifier": "live"})])
def test_an_undeclared_statement_is_removed_from_the_function_or_the_alias(arn, qualified):
    def get_policy(Qualifier=None, **_):
        is_here = Qualifier == qualified.get("Qualifier")
        return policy("Open", resource=arn) if is_here else ABSENT

    (change,) = undeclared(get_policy=get_policy)
    assert change.key == "statement Open"
    assert change.after["principal"] == "*"
    expected = {"FunctionName": FUNCTION, "StatementId": "Open", **qualified}
    assert removal(change) == ("remove_permission", expected)


def test_the_statement_of_the_alias_is_not_declared_for_the_function():
    """It would let others call the function past the alias."""

    def get_policy(Qualifier="", **_):
        return policy("InvokeByApi", resource=f"{ARN}:live" if Qualifier else ARN)

    (change,) = undeclared(get_policy=get_policy)
    assert (change.key, change.after["qualifier"]) == ("statement InvokeByApi", "")


def test_a_statement_that_both_policies_list_is_the_declared_one_of_the_alias():
    """MiniStack lists the alias's statements in the function's policy, too."""
    assert undeclared(get_policy=policy("InvokeByApi")) == ()


def test_a_function_without_a_policy_has_no_undeclared_statements():
    assert undeclared(get_policy=ABSENT) == ()


QUEUE = "arn:aws:sqs:eu-west-2:1:queue"


def test_an_event_source_of_function_or_alias_is_found_once_and_removed():
    def sources(FunctionName):
        name = FunctionName.partition(":")[2] or "function"
        arn = f"{ARN}:live" if name == "live" else ARN
        mapping = {"UUID": f"u-{name}", "FunctionArn": arn, "EventSourceArn": QUEUE}
        return {"EventSourceMappings": [mapping]}

    changes = undeclared(list_event_source_mappings=sources)
    keys = [change.key for change in changes]
    assert keys == ["event-source queue", "event-source queue live"]
    assert removal(changes[0]) == ("delete_event_source_mapping", {"UUID": "u-function"})


@pytest.mark.parametrize(
    ("suffix", "where"), [(":live", {"Qualifier": "live"}), (":$LATEST", {}), ("", {})]
)
def test_destinations_of_asynchronous_calls_are_found_and_removed(suffix, where):
    config = {"FunctionArn": f"{ARN}{suffix}", "MaximumRetryAttempts": 0}
    (change,) = undeclared(
        list_function_event_invoke_configs={"FunctionEventInvokeConfigs": [config]}
    )
    assert change.key == f"invoke-config {where.get('Qualifier', '$LATEST')}"
    assert removal(change) == (
        "delete_function_event_invoke_config",
        {"FunctionName": FUNCTION, **where},
    )


def test_provisioned_concurrency_is_found_and_removed():
    config = {"FunctionArn": f"{ARN}:live"}
    (change,) = undeclared(
        list_provisioned_concurrency_configs={"ProvisionedConcurrencyConfigs": [config]}
    )
    assert change.key == "provisioned-concurrency live"
    assert removal(change) == (
        "delete_provisioned_concurrency_config",
        {"FunctionName": FUNCTION, "Qualifier": "live"},
    )


def test_a_limit_of_loops_that_was_lifted_is_found_and_set_again():
    (change,) = undeclared(get_function_recursion_config={"RecursiveLoop": "Allow"})
    assert removal(change) == (
        "put_function_recursion_config",
        {"FunctionName": FUNCTION, "RecursiveLoop": "Terminate"},
    )


def test_a_runtime_without_updates_is_found_and_updated_again():
    (change,) = undeclared(get_runtime_management_config={"UpdateRuntimeOn": "Manual"})
    assert (change.key, change.after["setting"]) == (f"runtime-updates {FUNCTION}", "Manual")
    assert removal(change) == (
        "put_runtime_management_config",
        {"FunctionName": FUNCTION, "UpdateRuntimeOn": "Auto"},
    )
