"""STS: who is asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fakes.aws.world import Aws


class Sts:
    def __init__(self, aws: Aws, account: str, region: str) -> None:
        self._account = account

    def get_caller_identity(self) -> dict[str, str]:
        arn = f"arn:aws:iam::{self._account}:user/alex"
        return {"Account": self._account, "Arn": arn, "UserId": "AIDAEXAMPLE"}
