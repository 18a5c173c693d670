from __future__ import annotations

from resumectl.infra.inventory.extra import declared
from resumectl.infra.state import State
from tests.fakes.undeclared import resource


def test_declared_values_come_from_all_resources_of_the_type_alone():
    state = State(
        1,
        "",
        {},
        (
            resource("aws_lambda_alias", name="live"),
            resource("aws_lambda_alias", name="next"),
            resource("aws_iam_role", name="counter"),
        ),
    )
    assert declared(state, "aws_lambda_alias", "name") == {"live", "next"}
    assert declared(state, "aws_lambda_function_url", "function_url") == set()
