from __future__ import annotations

from tests.fakes.leftovers import NAME
from tests.fakes.undeclared import ROLE, removal, undeclared

POLICY = "aws_iam_role_policy.counter"


def test_a_role_without_its_policy_is_found_alone(leftovers):
    leftovers.fill()
    assert leftovers.find(POLICY) == {POLICY: f"{NAME}:counter"}
    leftovers.client("iam").delete_role_policy(RoleName=NAME, PolicyName="counter")
    assert leftovers.find("aws_iam_role.counter", POLICY) == {"aws_iam_role.counter": NAME}


def test_an_undeclared_inline_policy_is_found_and_removed():
    (change,) = undeclared(list_role_policies={"PolicyNames": ["counter", "other"]})
    assert change.key == "role-policy other"
    assert removal(change) == ("delete_role_policy", {"RoleName": ROLE, "PolicyName": "other"})


def test_an_undeclared_attached_policy_is_found_and_detached():
    attached = {"PolicyName": "All", "PolicyArn": "arn:all"}
    (change,) = undeclared(list_attached_role_policies={"AttachedPolicies": [attached]})
    assert change.key == "attached-policy All"
    assert removal(change) == ("detach_role_policy", {"RoleName": ROLE, "PolicyArn": "arn:all"})


def test_an_instance_profile_with_the_role_is_found_and_left():
    answer = {"InstanceProfiles": [{"InstanceProfileName": "vm"}]}
    (change,) = undeclared(list_instance_profiles_for_role=answer)
    assert change.key == "instance-profile vm"
    assert removal(change) == (
        "remove_role_from_instance_profile",
        {"RoleName": ROLE, "InstanceProfileName": "vm"},
    )
