"""What the function may do although nobody released it: policies of its role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from resumectl.infra.unmanaged.kind import Kind, known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from resumectl.aws import Client
    from resumectl.infra.state import State
    from resumectl.infra.unmanaged.kind import Found


def _inline(iam: Client, state: State) -> Iterator[Found]:
    ours = known(state, "aws_iam_role_policy", "name")
    for role in known(state, "aws_iam_role", "name"):
        for page in iam.get_paginator("list_role_policies").paginate(RoleName=role):
            for name in page["PolicyNames"]:
                if name not in ours:
                    yield name, {"role": role, "name": name}


def _delete_inline(iam: Client, _: State, fields: Mapping[str, Any]) -> None:
    iam.delete_role_policy(RoleName=fields["role"], PolicyName=fields["name"])


def _attached(iam: Client, state: State) -> Iterator[Found]:
    ours = known(state, "aws_iam_role_policy_attachment", "policy_arn")
    for role in known(state, "aws_iam_role", "name"):
        for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
            for policy in page["AttachedPolicies"]:
                if policy["PolicyArn"] not in ours:
                    yield policy["PolicyName"], {"role": role, "arn": policy["PolicyArn"]}


def _detach(iam: Client, _: State, fields: Mapping[str, Any]) -> None:
    iam.detach_role_policy(RoleName=fields["role"], PolicyArn=fields["arn"])


KINDS: Final = (
    Kind("role-policy", "iam", _inline, _delete_inline),
    Kind("attached-policy", "iam", _attached, _detach),
)
