from __future__ import annotations

import pytest

from resumectl.errors import Refused
from tests.fakes.leftovers import NAME, THEIRS
from tests.fakes.undeclared import FUNCTION, TABLE_ARN, removal, undeclared

TABLE = "aws_dynamodb_table.counter"


def test_the_table_is_found_by_its_name_and_tags(leftovers):
    assert leftovers.find(TABLE) == {}
    leftovers.fill()
    assert leftovers.find(TABLE) == {TABLE: NAME}


def test_a_table_of_another_environment_is_refused(leftovers):
    leftovers.fill(THEIRS)
    with pytest.raises(Refused, match=f"^{NAME} exists already"):
        leftovers.find(TABLE)


def test_a_policy_of_the_table_is_found_and_removed():
    (change,) = undeclared(get_resource_policy={"Policy": "{}"})
    assert change.key == f"table-policy {FUNCTION}"
    assert removal(change) == ("delete_resource_policy", {"ResourceArn": TABLE_ARN})


@pytest.mark.parametrize(("status", "count"), [("ACTIVE", 1), ("ENABLING", 1), ("DISABLED", 0)])
def test_a_stream_of_the_table_is_found_while_it_flows(status, count):
    row = {"StreamArn": "arn:aws:kinesis:eu-west-2:1:stream/copy", "DestinationStatus": status}
    changes = undeclared(
        describe_kinesis_streaming_destination={"KinesisDataStreamDestinations": [row]}
    )
    assert [change.key for change in changes] == ["table-stream copy"] * count
    for change in changes:
        assert removal(change) == (
            "disable_kinesis_streaming_destination",
            {"TableName": FUNCTION, "StreamArn": row["StreamArn"]},
        )


def test_contributor_insights_are_found_and_disabled():
    (change,) = undeclared(describe_contributor_insights={"ContributorInsightsStatus": "ENABLED"})
    assert removal(change) == (
        "update_contributor_insights",
        {"TableName": FUNCTION, "ContributorInsightsAction": "DISABLE"},
    )
