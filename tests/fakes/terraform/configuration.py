"""What a module configures: the site's and counter's resources, with the literals of its files.

A module that declares no resource at all stands for the whole set, and its assignments
(`memory_size = 256`) for those of whichever resource has such an attribute. One that declares
resources has those of them that the fake knows. A CloudFront function must be declared.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from resumectl.errors import TerraformError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

BUCKET, VERSIONING = "aws_s3_bucket.site", "aws_s3_bucket_versioning.site"
LOGS, TABLE = "aws_cloudwatch_log_group.counter", "aws_dynamodb_table.counter"
API, ROLE = "aws_apigatewayv2_api.counter", "aws_iam_role.counter"
FUNCTION, ALIAS = "aws_lambda_function.counter", "aws_lambda_alias.live"
DISTRIBUTION = "aws_cloudfront_distribution.site"
EDGE = "aws_cloudfront_function.index"
NEEDS: Mapping[str, tuple[str, ...]] = {
    BUCKET: (),
    VERSIONING: (BUCKET,),
    LOGS: (),
    TABLE: (),
    ROLE: (),
    FUNCTION: (LOGS, TABLE, ROLE),
    ALIAS: (FUNCTION,),
    API: (),
    DISTRIBUTION: (BUCKET, API),
    EDGE: (),
}
"""What each resource refers to, in an order in which they can be made."""
USUAL = [address for address in NEEDS if address != EDGE]
"""What a module without any declaration stands for."""
UNKNOWN = "(known after apply)"
_DECLARED = re.compile(r'^resource\s+"(\w+)"\s+"(\w+)"\s*\{(.*?)^\}', re.MULTILINE | re.DOTALL)
_ASSIGNED = re.compile(r'^(?:  )?([a-z_]+)\s*=\s*(\d+|true|false|"[^"$]*")\s*$', re.MULTILINE)
"""An attribute of a resource, not one of a block in it."""
_VARIABLE = re.compile(r'^\s*([A-Z][A-Z0-9_]*)\s*=\s*"([^"$]*)"\s*$', re.MULTILINE)


@dataclass(frozen=True)
class Module:
    """A root module with the values of its variables, for an account and region."""

    directory: Path
    variables: Mapping[str, Any]
    account: str
    region: str

    @cached_property
    def name(self) -> str:
        return (
            f"{self.variables.get('project', 'resume')}-{self.variables.get('environment', 'prod')}"
        )

    def resources(self, state: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """The configured attributes by address, in an order in which they can be made.

        Args:
            state: what is known of resources that others refer to; what is not is UNKNOWN.

        Raises:
            TerraformError: a file is not HCL.
        """
        source, blocks = self._source, self._blocks
        configured, every = {}, self._defaults(state)
        for address in NEEDS:
            if address not in (blocks or USUAL):
                continue
            defaults, body = every[address], blocks.get(address, source)
            said = _assigned(body)
            attributes = {**defaults, **{key: said[key] for key in defaults if key in said}}
            if address == FUNCTION:
                variables = attributes["environment"][0]["variables"]
                variables |= dict(_VARIABLE.findall(body))
            configured[address] = attributes
        return configured

    def imports(self) -> dict[str, str]:
        """The ids of the import blocks by address."""
        documents = [json.loads(file.read_text()) for file in self.directory.glob("*.tf.json")]
        blocks = [block for document in documents for block in document.get("import", ())]
        return {block["to"]: block["id"].replace("$${", "${") for block in blocks}

    def outputs(self, known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """The outputs that follow from what is known of the resources."""
        domain = known.get(DISTRIBUTION, {}).get("domain_name")
        site = UNKNOWN if domain == UNKNOWN else f"https://{domain}"
        values = {
            "site_url": domain and site,
            "counter_url": domain and (UNKNOWN if site == UNKNOWN else f"{site}/api/count"),
            "site_bucket": VERSIONING in known and known.get(BUCKET, {}).get("bucket"),
            "distribution_id": known.get(DISTRIBUTION, {}).get("id"),
            "distribution_domain": domain,
            "function_name": known.get(FUNCTION, {}).get("function_name"),
            "function_alias": known.get(ALIAS, {}).get("name"),
            "table_name": known.get(TABLE, {}).get("name"),
            "api_id": known.get(API, {}).get("id"),
            "deployment": known and self.variables.get("deployment"),
        }
        return {name: value for name, value in values.items() if value}

    @cached_property
    def _source(self) -> str:
        """What Terraform read when it began: it plans and applies the same."""
        files = sorted(self.directory.glob("*.tf"))
        texts = {file: file.read_text() for file in files}
        for file, source in texts.items():
            if source.count("{") != source.count("}"):
                raise TerraformError(
                    f"Terraform: Unclosed configuration block: {file.name} has no closing brace.",
                    hint=f"Correct {file}.",
                )
        return "\n".join(texts.values())

    @cached_property
    def _blocks(self) -> dict[str, str]:
        found = _DECLARED.findall(self._source)
        return {f"{kind}.{name}": body for kind, name, body in found}

    def _defaults(self, state: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        function = self.variables.get("function") or {}
        protected = bool(self.variables.get("protected"))
        counter, site = f"{self.name}-counter", f"{self.name}-site-{self.account}"
        bucket = state.get(BUCKET, {})
        deployment = self.variables.get("deployment")
        tags = {
            "Project": self.variables.get("project", "resume"),
            "Environment": self.variables.get("environment", "prod"),
            "ManagedBy": "resumectl",
            **({"Deployment": deployment} if deployment else {}),
        }
        tagged = {"tags_all": tags}
        origin = bucket.get("bucket_regional_domain_name", UNKNOWN)
        return {
            BUCKET: {"bucket": site, "force_destroy": not protected, **tagged},
            VERSIONING: {
                "bucket": bucket.get("id", UNKNOWN),
                "versioning_configuration": [{"status": "Enabled"}],
            },
            LOGS: {"name": f"/aws/lambda/{counter}", "retention_in_days": 30, **tagged},
            TABLE: {"name": counter, "deletion_protection_enabled": protected, **tagged},
            FUNCTION: {
                "function_name": counter,
                "filename": function.get("package", ""),
                "handler": function.get("handler", "counter.handler"),
                "runtime": function.get("runtime", "python3.13"),
                "memory_size": function.get("memory_mb", 128),
                "timeout": function.get("timeout_s", 5),
                "role": f"arn:aws:iam::{self.account}:role/{counter}",
                "environment": [{"variables": {"TABLE_NAME": counter}}],
                **tagged,
            },
            ROLE: {"name": counter, **tagged},
            API: {"name": f"{self.name}-api", "protocol_type": "HTTP", **tagged},
            ALIAS: {"function_name": counter, "name": "live", "function_version": "$LATEST"},
            EDGE: {
                "name": f"{self.name}-index",
                "comment": f"Serves /dir/ for {deployment}",
            },
            DISTRIBUTION: {
                "comment": self.name,
                "enabled": True,
                "origin": [{"domain_name": origin}],
                **tagged,
            },
        }


@cache
def _assigned(body: str) -> Mapping[str, Any]:
    return {key: json.loads(value) for key, value in _ASSIGNED.findall(body)}


def with_needs(targets: Iterable[str], addresses: Iterable[str]) -> set[str]:
    """What `-target` selects: the targets and everything they refer to."""
    known = set(addresses)

    def needs(address: str) -> Iterator[str]:
        yield address
        for need in NEEDS.get(address, ()):
            yield from needs(need)

    return {address for target in targets for address in needs(target)} & known
