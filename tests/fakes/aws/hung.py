"""What can hang on a resource beside what a release declares: lists of it, by kind and owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.aws.refusal import Refusal

if TYPE_CHECKING:
    from tests.fakes.aws.bucket import Bucket
    from tests.fakes.aws.function import Function

ABSENT = "ResourceNotFoundException"


class Hung(dict[tuple[str, str], dict[str, Any]]):
    """Things by kind and owner, then by their own name."""

    def of(self, kind: str, owner: str) -> dict[str, Any]:
        return self.setdefault((kind, owner), {})

    def pop_one(self, kind: str, owner: str, name: str, code: str = ABSENT) -> None:
        if self.of(kind, owner).pop(name, None) is None:
            raise Refusal(code, f"There is no {kind} {name}.")


class Callers:
    """Of a Lambda function: who calls it, what becomes of results, how it runs."""

    hung: Hung

    def function(self, name: str) -> Function:
        raise NotImplementedError

    def create_event_source_mapping(self, FunctionName: str, **given: Any) -> dict[str, Any]:
        name, _, alias = FunctionName.partition(":")
        arn = _qualified(self.function(name).arn, alias)
        sources = self.hung.of("source", "")
        made = {"UUID": f"u{len(sources):03d}", "FunctionArn": arn, **given}
        sources[made["UUID"]] = made
        return made

    def list_event_source_mappings(self, FunctionName: str, **_: Any) -> dict[str, Any]:
        name, _, alias = FunctionName.partition(":")
        arn = _qualified(self.function(name).arn, alias)
        rows = self.hung.of("source", "").values()
        return {"EventSourceMappings": [row for row in rows if row["FunctionArn"] == arn]}

    def delete_event_source_mapping(self, UUID: str) -> None:
        self.hung.pop_one("source", "", UUID)

    def put_function_event_invoke_config(
        self, FunctionName: str, Qualifier: str = "", **given: Any
    ) -> dict[str, Any]:
        return self._put("invoke", FunctionName, Qualifier, given)

    def list_function_event_invoke_configs(self, FunctionName: str, **_: Any) -> dict[str, Any]:
        return {"FunctionEventInvokeConfigs": self._rows("invoke", FunctionName)}

    def delete_function_event_invoke_config(self, FunctionName: str, Qualifier: str = "") -> None:
        self.hung.pop_one("invoke", FunctionName, Qualifier)

    def put_provisioned_concurrency_config(
        self, FunctionName: str, Qualifier: str, **given: Any
    ) -> dict[str, Any]:
        return self._put("provisioned", FunctionName, Qualifier, given)

    def list_provisioned_concurrency_configs(self, FunctionName: str, **_: Any) -> dict[str, Any]:
        return {"ProvisionedConcurrencyConfigs": self._rows("provisioned", FunctionName)}

    def delete_provisioned_concurrency_config(self, FunctionName: str, Qualifier: str) -> None:
        self.hung.pop_one("provisioned", FunctionName, Qualifier)

    def put_function_recursion_config(self, FunctionName: str, RecursiveLoop: str) -> None:
        self.hung.of("recursion", FunctionName)["RecursiveLoop"] = RecursiveLoop

    def get_function_recursion_config(self, FunctionName: str) -> dict[str, Any]:
        self.function(FunctionName)
        return {"RecursiveLoop": "Terminate", **self.hung.of("recursion", FunctionName)}

    def put_runtime_management_config(self, FunctionName: str, UpdateRuntimeOn: str) -> None:
        self.hung.of("runtime", FunctionName)["UpdateRuntimeOn"] = UpdateRuntimeOn

    def get_runtime_management_config(self, FunctionName: str) -> dict[str, Any]:
        self.function(FunctionName)
        return {"UpdateRuntimeOn": "Auto", **self.hung.of("runtime", FunctionName)}

    def _put(self, kind: str, name: str, qualifier: str, given: Any) -> dict[str, Any]:
        made = {"FunctionArn": _qualified(self.function(name).arn, qualifier or "$LATEST"), **given}
        self.hung.of(kind, name)[qualifier] = made
        return made

    def _rows(self, kind: str, name: str) -> list[Any]:
        self.function(name)
        return list(self.hung.of(kind, name).values())


class BucketLists:
    """Of a bucket: configurations of which it can have several, by id."""

    def bucket(self, name: str, owner: str | None = None) -> Bucket:
        raise NotImplementedError


def _bucket_list(kind: str) -> None:
    name = "".join(word.capitalize() for word in kind.split("_"))

    def rows(self: BucketLists, bucket: str) -> dict[str, Any]:
        found: dict[str, Any] = self.bucket(bucket).settings.setdefault(kind, {})
        return found

    def put(self: BucketLists, Bucket: str, Id: str, **given: Any) -> None:
        rows(self, Bucket)[Id] = given[f"{name}Configuration"]

    def listed(self: BucketLists, Bucket: str) -> dict[str, Any]:
        found = list(rows(self, Bucket).values())
        return {"IsTruncated": False, **({f"{name}ConfigurationList": found} if found else {})}

    def delete(self: BucketLists, Bucket: str, Id: str) -> None:
        del rows(self, Bucket)[Id]

    setattr(BucketLists, f"put_bucket_{kind}_configuration", put)
    setattr(BucketLists, f"list_bucket_{kind}_configurations", listed)
    setattr(BucketLists, f"delete_bucket_{kind}_configuration", delete)


for _kind in ("inventory", "analytics", "metrics", "intelligent_tiering"):
    _bucket_list(_kind)


def _qualified(arn: str, qualifier: str) -> str:
    return f"{arn}:{qualifier}" if qualifier else arn
