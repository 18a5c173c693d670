"""IAM: the function's role and policy, and other policies of that role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resumectl import aws
from resumectl.infra.inventory.extra import Extra, declared
from resumectl.infra.inventory.lookup import Account, Lookup, paged

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.infra.inventory.extra import Rows
    from resumectl.infra.state import State
    from resumectl.plan import Fields


def _role(account: Account, fields: Fields) -> str | None:
    name = fields["name"]
    response = aws.found(account.client("iam").get_role, RoleName=name)
    return account.ours(name, response["Role"].get("Tags")) if response else None


def _role_policy(account: Account, fields: Fields) -> str | None:
    role, name = fields["role"], fields["name"]
    response = aws.found(account.client("iam").get_role_policy, RoleName=role, PolicyName=name)
    return f"{role}:{name}" if response else None


def _inline(iam: Client, state: State) -> Rows:
    ours = declared(state, "aws_iam_role_policy", "name")
    for role in declared(state, "aws_iam_role", "name"):
        for name in paged(iam, "list_role_policies", "PolicyNames", RoleName=role):
            if name not in ours:
                yield name, {"role": role, "name": name}


def _delete_inline(iam: Client, _: State, fields: Fields) -> None:
    iam.delete_role_policy(RoleName=fields["role"], PolicyName=fields["name"])


def _attached(iam: Client, state: State) -> Rows:
    ours = declared(state, "aws_iam_role_policy_attachment", "policy_arn")
    for role in declared(state, "aws_iam_role", "name"):
        for policy in paged(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=role):
            if policy["PolicyArn"] not in ours:
                yield policy["PolicyName"], {"role": role, "arn": policy["PolicyArn"]}


def _detach(iam: Client, _: State, fields: Fields) -> None:
    iam.detach_role_policy(RoleName=fields["role"], PolicyArn=fields["arn"])


def _profiles(iam: Client, state: State) -> Rows:
    """With one, any virtual machine of the account can work as the function."""
    operation = "list_instance_profiles_for_role"
    for role in declared(state, "aws_iam_role", "name"):
        for profile in paged(iam, operation, "InstanceProfiles", RoleName=role):
            name = profile["InstanceProfileName"]
            yield name, {"role": role, "name": name}


def _leave_profile(iam: Client, _: State, fields: Fields) -> None:
    iam.remove_role_from_instance_profile(
        RoleName=fields["role"], InstanceProfileName=fields["name"]
    )


LOOKUPS: Final = {
    "aws_iam_role": Lookup(_role, ("name",)),
    "aws_iam_role_policy": Lookup(_role_policy, ("role", "name"), ("aws_iam_role", "role")),
}
EXTRAS: Final = (
    Extra("role-policy", "iam", "role policies", "iam:ListRolePolicies", _inline, _delete_inline),
    Extra(
        *("attached-policy", "iam", "attached policies", "iam:ListAttachedRolePolicies"),
        find=_attached,
        remove=_detach,
    ),
    Extra(
        *("instance-profile", "iam", "instance profiles", "iam:ListInstanceProfilesForRole"),
        find=_profiles,
        remove=_leave_profile,
    ),
)
