"""What serves: the function with its role and alias, the API, the distribution.

A function is waited for after each update, and a distribution is disabled before it is deleted.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from resumectl import aws
from tests.fakes.terraform.kind import Kind, made, rows, tags_of

if TYPE_CHECKING:
    from tests.fakes.terraform.kind import Attributes, Clients


class Role(Kind):
    replaced_by = ("name",)

    def read(self, clients: Clients, id_: str) -> dict[str, Any] | None:
        found = aws.found(clients("iam").get_role, RoleName=id_)
        if found is None:
            return None
        role = found["Role"]
        tags = tags_of(role.get("Tags", []))
        return {"id": id_, "name": id_, "arn": role["Arn"], "tags_all": tags}

    def create(self, clients: Clients, wanted: Attributes) -> str:
        clients("iam").create_role(
            RoleName=wanted["name"],
            AssumeRolePolicyDocument="{}",
            Tags=rows(wanted["tags_all"]),
        )
        return str(wanted["name"])

    def update(self, clients: Clients, id_: str, wanted: Attributes) -> None:
        clients("iam").tag_role(RoleName=id_, Tags=rows(wanted["tags_all"]))

    def delete(self, clients: Clients, id_: str, known: Attributes) -> None:
        clients("iam").delete_role(RoleName=id_)


class Api(Kind):
    computed = ("id", "arn", "api_endpoint")

    def read(self, clients: Clients, id_: str) -> dict[str, Any] | None:
        found = aws.found(clients("apigatewayv2").get_api, ApiId=id_)
        if found is None:
            return None
        return {
            "id": id_,
            "arn": f"arn:aws:apigateway:{clients.region}::/apis/{id_}",
            "api_endpoint": found["ApiEndpoint"],
            "name": found["Name"],
            "protocol_type": found["ProtocolType"],
            "tags_all": found.get("Tags", {}),
        }

    def create(self, clients: Clients, wanted: Attributes) -> str:
        answer = clients("apigatewayv2").create_api(
            Name=wanted["name"],
            ProtocolType=wanted["protocol_type"],
            Tags=dict(wanted["tags_all"]),
        )
        return str(answer["ApiId"])

    def update(self, clients: Clients, id_: str, wanted: Attributes) -> None:
        clients("apigatewayv2").update_api(ApiId=id_, Name=wanted["name"])

    def delete(self, clients: Clients, id_: str, known: Attributes) -> None:
        clients("apigatewayv2").delete_api(ApiId=id_)


class LambdaFunction(Kind):
    replaced_by = ("function_name",)
    ignored = ("filename", "source_code_hash")
    computed = ("id", "arn", "version", "last_modified", "source_code_hash", "invoke_arn")

    def read(self, clients: Clients, id_: str) -> dict[str, Any] | None:
        found = aws.found(clients("lambda").get_function, FunctionName=id_)
        if found is None:
            return None
        config = found["Configuration"]
        variables = config.get("Environment", {}).get("Variables", {})
        return {
            "id": id_,
            "function_name": id_,
            "arn": config["FunctionArn"],
            "memory_size": config["MemorySize"],
            "timeout": config["Timeout"],
            "handler": config["Handler"],
            "runtime": config["Runtime"],
            "role": config["Role"],
            "environment": [{"variables": variables}] if variables else [],
            "source_code_hash": config["CodeSha256"],
            "last_modified": config["LastModified"],
            "tags_all": found.get("Tags", {}),
        }

    def create(self, clients: Clients, wanted: Attributes) -> str:
        clients("lambda").create_function(
            FunctionName=wanted["function_name"],
            Code={"ZipFile": Path(wanted["filename"]).read_bytes()},
            Tags=dict(wanted["tags_all"]),
            **_configured(wanted),
        )
        with made(wanted["function_name"]):
            self._wait(clients, wanted["function_name"])
        return str(wanted["function_name"])

    def update(self, clients: Clients, id_: str, wanted: Attributes) -> None:
        clients("lambda").update_function_configuration(FunctionName=id_, **_configured(wanted))
        self._wait(clients, id_)

    def delete(self, clients: Clients, id_: str, known: Attributes) -> None:
        clients("lambda").delete_function(FunctionName=id_)

    def _wait(self, clients: Clients, id_: str) -> None:
        read = clients("lambda").get_function_configuration
        while read(FunctionName=id_)["LastUpdateStatus"] == "InProgress":
            pass


def _configured(wanted: Attributes) -> dict[str, Any]:
    variables = wanted["environment"][0]["variables"] if wanted["environment"] else {}
    return {
        "MemorySize": wanted["memory_size"],
        "Timeout": wanted["timeout"],
        "Handler": wanted["handler"],
        "Runtime": wanted["runtime"],
        "Role": wanted["role"],
        "Environment": {"Variables": variables},
    }


class LambdaAlias(Kind):
    replaced_by = ("function_name", "name")
    ignored = ("function_version", "routing_config")
    computed = ("id", "arn", "invoke_arn")

    def read(self, clients: Clients, id_: str) -> dict[str, Any] | None:
        function, name = _alias_of(id_)
        found = aws.found(clients("lambda").get_alias, FunctionName=function, Name=name)
        if found is None:
            return None
        return {
            "id": found["AliasArn"],
            "arn": found["AliasArn"],
            "function_name": function,
            "name": name,
            "function_version": found["FunctionVersion"],
        }

    def create(self, clients: Clients, wanted: Attributes) -> str:
        answer = clients("lambda").create_alias(
            FunctionName=wanted["function_name"],
            Name=wanted["name"],
            FunctionVersion=wanted["function_version"],
        )
        return str(answer["AliasArn"])

    def update(self, clients: Clients, id_: str, wanted: Attributes) -> None:
        """Nothing but ignored attributes can change in place."""

    def delete(self, clients: Clients, id_: str, known: Attributes) -> None:
        function, name = _alias_of(id_)
        clients("lambda").delete_alias(FunctionName=function, Name=name)


def _alias_of(id_: str) -> tuple[str, str]:
    """Function and alias from an ARN, or from what an import block says (`function/alias`)."""
    function, _, name = id_.rpartition("/" if "/" in id_ else ":")
    return function.rsplit(":", 1)[-1], name


class Distribution(Kind):
    computed = ("id", "arn", "domain_name", "etag", "status")

    def read(self, clients: Clients, id_: str) -> dict[str, Any] | None:
        cloudfront = clients("cloudfront")
        found = aws.found(cloudfront.get_distribution, Id=id_)
        if found is None:
            return None
        shown, config = found["Distribution"], found["Distribution"]["DistributionConfig"]
        tags = cloudfront.list_tags_for_resource(Resource=shown["ARN"])["Tags"]["Items"]
        return {
            "id": id_,
            "arn": shown["ARN"],
            "domain_name": shown["DomainName"],
            "status": shown["Status"],
            "etag": found["ETag"],
            "comment": config["Comment"],
            "enabled": config["Enabled"],
            "origin": [{"domain_name": config["Origins"]["Items"][0]["DomainName"]}],
            "tags_all": tags_of(tags),
        }

    def create(self, clients: Clients, wanted: Attributes) -> str:
        reference = f"terraform-{clients.number('caller reference')}"
        answer = clients("cloudfront").create_distribution_with_tags(
            DistributionConfigWithTags={
                "DistributionConfig": _distribution(wanted, reference),
                "Tags": {"Items": rows(wanted["tags_all"])},
            }
        )
        return str(answer["Distribution"]["Id"])

    def update(self, clients: Clients, id_: str, wanted: Attributes) -> None:
        cloudfront = clients("cloudfront")
        found = cloudfront.get_distribution_config(Id=id_)
        reference = found["DistributionConfig"]["CallerReference"]
        config = _distribution(wanted, reference)
        cloudfront.update_distribution(Id=id_, IfMatch=found["ETag"], DistributionConfig=config)

    def delete(self, clients: Clients, id_: str, known: Attributes) -> None:
        self.update(clients, id_, {**known, "enabled": False})
        etag = clients("cloudfront").get_distribution_config(Id=id_)["ETag"]
        clients("cloudfront").delete_distribution(Id=id_, IfMatch=etag)


def _distribution(wanted: Attributes, reference: str) -> dict[str, Any]:
    origin = {"Id": "site", "DomainName": wanted["origin"][0]["domain_name"]}
    behavior = {"TargetOriginId": "site", "ViewerProtocolPolicy": "redirect-to-https"}
    return {
        "CallerReference": reference,
        "Comment": wanted["comment"],
        "Enabled": wanted["enabled"],
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behavior,
    }


class EdgeFunction(Kind):
    """A CloudFront function. It has no tags."""

    replaced_by = ("name",)
    computed = ("id", "arn", "etag")

    def read(self, clients: Clients, id_: str) -> dict[str, Any] | None:
        describe = clients("cloudfront").describe_function
        found = aws.found(describe, Name=id_, Stage="DEVELOPMENT")
        if found is None:
            return None
        summary = found["FunctionSummary"]
        return {
            "id": id_,
            "name": id_,
            "arn": summary["FunctionMetadata"]["FunctionARN"],
            "comment": summary["FunctionConfig"]["Comment"],
            "etag": found["ETag"],
        }

    def create(self, clients: Clients, wanted: Attributes) -> str:
        clients("cloudfront").create_function(Name=wanted["name"], **_edge(wanted))
        return str(wanted["name"])

    def update(self, clients: Clients, id_: str, wanted: Attributes) -> None:
        etag = clients("cloudfront").describe_function(Name=id_)["ETag"]
        clients("cloudfront").update_function(Name=id_, IfMatch=etag, **_edge(wanted))

    def delete(self, clients: Clients, id_: str, known: Attributes) -> None:
        etag = clients("cloudfront").describe_function(Name=id_)["ETag"]
        clients("cloudfront").delete_function(Name=id_, IfMatch=etag)


def _edge(wanted: Attributes) -> dict[str, Any]:
    config = {"Comment": wanted["comment"], "Runtime": "cloudfront-js-2.0"}
    return {"FunctionConfig": config, "FunctionCode": b"// index"}
