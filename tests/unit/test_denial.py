from __future__ import annotations

import pytest

from resumectl import denial

ROLE = {"AWS_ROLE_ARN": "arn:aws:iam::1:role/x"}


@pytest.mark.parametrize(
    ("sentence", "start"),
    [
        ("", "Grant"),
        ("... because no identity-based policy allows the s3:PutObject action", "Grant"),
        ("... with an explicit deny in a permissions boundary", "No permission helps"),
        ("Your account must be verified before ...", "Ask AWS"),
    ],
)
def test_the_sentence_decides_what_to_do(sentence, start):
    assert denial.hint(sentence).startswith(start)


def test_a_role_is_named_only_where_aws_does_not_name_it():
    assert denial.role("AssumeRoleWithWebIdentity", ROLE) == " of arn:aws:iam::1:role/x"
    assert denial.role("AssumeRole", ROLE) == denial.role("AssumeRoleWithWebIdentity", {}) == ""
