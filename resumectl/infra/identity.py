"""Which deployment a resource belongs to: one string, in a tag or in a description.

Two projects can have the same name, and one can be deployed to several accounts and regions. So
every resource carries `PROJECT-ID/ENVIRONMENT/ACCOUNT/REGION`: as its tag `Deployment`, or, if its
type has no tags, as a word of its description.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

from resumectl.errors import Refused

TAG: Final = "Deployment"
_PARTS: Final = 4


@dataclass(frozen=True)
class Deployment:
    """One environment of one project, in one account and region."""

    project: str
    env: str
    account: str
    region: str

    def __str__(self) -> str:
        return "/".join(astuple(self))

    @classmethod
    def in_text(cls, text: str) -> Deployment | None:
        """The one that a tag or a description names, if any."""
        for word in text.split():
            parts = word.split("/")
            if len(parts) == _PARTS and all(parts):
                return cls(*parts)
        return None

    def owns(self, text: str) -> bool:
        """Whether a tag or a description names this deployment."""
        return Deployment.in_text(text) == self

    def refused(self, what: str, text: str) -> Refused:
        """The error for a resource that has one of our names, and is not ours.

        Args:
            what: the resource.
            text: its tag or description.
        """
        other = Deployment.in_text(text)
        if other is None:
            return refused(f"{what} exists already, and is not ours: nothing in it says {self}.")
        if (other.env, other.account) == (self.env, self.account) and other.region != self.region:
            return refused(
                f"{what} exists already: it is part of {other}, a deployment in {other.region}.",
                f'Set region = "{other.region}" again, or destroy that deployment before you'
                " change the region. If it is another project's, choose another name.",
            )
        return refused(f"{what} exists already, and belongs to another deployment: {other}.")


def refused(
    message: str, hint: str = "See docs/runbook.md, 'Something of that name exists'."
) -> Refused:
    """The error for a resource that may not be ours: nothing is created or imported."""
    return Refused(message, hint=f"Nothing was changed. {hint}", code="exists")
