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
