"""IAM roles with their inline and attached policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.fakes.aws.refusal import Refusal

if TYPE_CHECKING:
    from tests.fakes.aws.world import Aws


class Iam:
    def __init__(self, aws: Aws, account: str, region: str) -> None:
        self._aws, self._account = aws, account
        self.roles: dict[str, dict[str, Any]] = {}
        self._inline: dict[str, dict[str, str]] = {}
        self._attached: dict[str, list[str]] = {}
        self._profiles: dict[str, list[str]] = {}

    def create_role(self, RoleName: str, AssumeRolePolicyDocument: str, **given: Any) -> Any:
        if RoleName in self.roles:
            raise Refusal("EntityAlreadyExists", f"Role with name {RoleName} already exists.")
        self.roles[RoleName] = {
            "RoleName": RoleName,
            "Path": "/",
            "RoleId": f"AROA{self._aws.number('role'):012d}",
            "Arn": f"arn:aws:iam::{self._account}:role/{RoleName}",
            "CreateDate": self._aws.clock.now(),
            "AssumeRolePolicyDocument": AssumeRolePolicyDocument,
            "Tags": given.get("Tags", []),
        }
        self._inline[RoleName], self._attached[RoleName] = {}, []
        return {"Role": dict(self.roles[RoleName])}

    def get_role(self, RoleName: str) -> dict[str, Any]:
        return {"Role": dict(self._role(RoleName))}

    def tag_role(self, RoleName: str, Tags: list[dict[str, str]]) -> None:
        self._role(RoleName)["Tags"] = Tags

    def delete_role(self, RoleName: str) -> None:
        self._role(RoleName)
        if self._inline[RoleName] or self._attached[RoleName]:
            raise Refusal("DeleteConflict", "Cannot delete entity, must delete policies first.")
        del self.roles[RoleName]

    def put_role_policy(self, RoleName: str, PolicyName: str, PolicyDocument: str) -> None:
        self._role(RoleName)
        self._inline[RoleName][PolicyName] = PolicyDocument

    def get_role_policy(self, RoleName: str, PolicyName: str) -> dict[str, Any]:
        self._role(RoleName)
        if PolicyName not in self._inline[RoleName]:
            raise Refusal("NoSuchEntity", f"The role policy {PolicyName} cannot be found.")
        document = quote(self._inline[RoleName][PolicyName])
        return {"RoleName": RoleName, "PolicyName": PolicyName, "PolicyDocument": document}

    def delete_role_policy(self, RoleName: str, PolicyName: str) -> None:
        self.get_role_policy(RoleName, PolicyName)
        del self._inline[RoleName][PolicyName]

    def list_role_policies(self, RoleName: str, **_: Any) -> dict[str, Any]:
        self._role(RoleName)
        return {"PolicyNames": sorted(self._inline[RoleName]), "IsTruncated": False}

    def attach_role_policy(self, RoleName: str, PolicyArn: str) -> None:
        self._role(RoleName)
        self._attached[RoleName].append(PolicyArn)

    def detach_role_policy(self, RoleName: str, PolicyArn: str) -> None:
        self._role(RoleName)
        if PolicyArn not in self._attached[RoleName]:
            raise Refusal("NoSuchEntity", f"Policy {PolicyArn} was not found.")
        self._attached[RoleName].remove(PolicyArn)

    def list_attached_role_policies(self, RoleName: str, **_: Any) -> dict[str, Any]:
        self._role(RoleName)
        arns = sorted(self._attached[RoleName])
        rows = [{"PolicyName": arn.rsplit("/", 1)[-1], "PolicyArn": arn} for arn in arns]
        return {"AttachedPolicies": rows, "IsTruncated": False}

    def create_instance_profile(self, InstanceProfileName: str) -> None:
        self._profiles[InstanceProfileName] = []

    def add_role_to_instance_profile(self, InstanceProfileName: str, RoleName: str) -> None:
        self._role(RoleName)
        self._profiles[InstanceProfileName].append(RoleName)

    def remove_role_from_instance_profile(self, InstanceProfileName: str, RoleName: str) -> None:
        self._profiles[InstanceProfileName].remove(RoleName)

    def list_instance_profiles_for_role(self, RoleName: str, **_: Any) -> dict[str, Any]:
        self._role(RoleName)
        rows = [
            {"InstanceProfileName": name}
            for name, roles in sorted(self._profiles.items())
            if RoleName in roles
        ]
        return {"InstanceProfiles": rows, "IsTruncated": False}

    def _role(self, name: str) -> dict[str, Any]:
        if name not in self.roles:
            raise Refusal("NoSuchEntity", f"The role with name {name} cannot be found.")
        return self.roles[name]
