"""The form of names in resumectl.toml, and how an error describes it."""

from __future__ import annotations

import re
from typing import Final

from resumectl.tables import Pattern

NAME: Final = Pattern(
    re.compile(r"[a-z][a-z0-9-]{0,18}[a-z0-9]"),
    "2 to 20 characters of a-z, 0-9 and -, starting with a letter",
)
ID: Final = Pattern(
    re.compile(r"[a-z0-9][a-z0-9-]{2,30}[a-z0-9]"), "4 to 32 characters of a-z, 0-9 and -"
)
REGION: Final = Pattern(re.compile(r"[a-z]{2}(-[a-z]+){1,3}-\d"), "an AWS region such as eu-west-2")
DOMAIN: Final = Pattern(
    re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"),
    "a domain name such as example.com",
)
ACCOUNT: Final = Pattern(re.compile(r"\d{12}"), "a 12-digit account ID in quotes")
HANDLER: Final = Pattern(
    re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+"), "module.attribute, such as counter.handler"
)
