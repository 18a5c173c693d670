"""What to do when AWS denies a call, by AWS's own sentence: one code stands for all denials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CODES: Final = {
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"),
    "AuthorizationError",  # SNS
}
SIGN_IN: Final = (
    "Sign in (aws sso login, or set AWS_PROFILE), or use the embedded cloud: --env local."
)
_GRANT: Final = "Grant the permission: docs/permissions.md lists what each command needs."
_FORBIDDEN: Final = (
    "No permission helps against an explicit deny: change the policy that denies it."
)
_UNVERIFIED: Final = "Ask AWS to verify the account: https://console.aws.amazon.com/support"


def told(operation: str, sentence: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """What was denied, and what to do."""
    return f"AWS denied {operation}{role(operation, environ)}", hint(sentence)


def hint(sentence: str) -> str:
    """What to do, by the sentence of AWS."""
    if "explicit deny" in sentence:
        return _FORBIDDEN
    return _UNVERIFIED if "must be verified" in sentence else _GRANT


def role(operation: str, environ: Mapping[str, str]) -> str:
    """Which role was denied, if AWS does not say it: ` of ARN`, or nothing."""
    arn = environ.get("AWS_ROLE_ARN")
    return f" of {arn}" if arn and operation == "AssumeRoleWithWebIdentity" else ""
