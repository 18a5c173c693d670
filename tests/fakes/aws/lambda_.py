"""Lambda: functions, versions and aliases; one update at a time, and each one takes a while.

After a write, a function stays `InProgress` for `Aws.busy` reads of its configuration; other writes
meet ResourceConflictException until then. A new version with SnapStart or in a network is `Pending`
for as many reads. Publishing what has not changed since the last version gives that version again.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from tests.fakes.aws.copied import copied
from tests.fakes.aws.function import LATEST, Function
from tests.fakes.aws.hung import Callers, Hung
from tests.fakes.aws.refusal import Refusal

if TYPE_CHECKING:
    from tests.fakes.aws.world import Aws

HEALTHY = {"statusCode": 200, "body": '{"page": "/_smoke", "count": 0}'}


class Lambda(Callers):
    """The functions of one account in one region.

    Attributes:
        answers: what code answers when it is invoked, by its base64 SHA-256: a payload (one with
            `errorType` is an exception), an iterator of payloads, or a function of the event.
        log_tail: the end of the log of every invocation.
        checks_digest: whether a version is only published for the code that is expected; AWS does
            that, the embedded cloud does not.
    """

    def __init__(self, aws: Aws, account: str, region: str) -> None:
        self._aws, self._account, self._region = aws, account, region
        self.functions: dict[str, Function] = {}
        self.answers: dict[str, Any] = {}
        self.log_tail, self.checks_digest, self.hung = "", True, Hung()

    def function(self, name: str) -> Function:
        """The function of that name or ARN.

        Raises:
            Refusal: there is none.
        """
        bare = name.rpartition(":function:")[2].partition(":")[0]
        if bare not in self.functions:
            raise self._absent(bare)
        return self.functions[bare]

    # --- functions

    def create_function(self, FunctionName: str, Code: Any, **given: Any) -> dict[str, Any]:
        if FunctionName in self.functions:
            raise Refusal(
                "ResourceConflictException", f"Function already exist: {FunctionName}", Type="User"
            )
        arn = f"arn:aws:lambda:{self._region}:{self._account}:function:{FunctionName}"
        publish, tags = given.pop("Publish", False), given.pop("Tags", {})
        made = Function(self._aws, FunctionName, arn, Code.get("ZipFile", b""), given, tags)
        self.functions[FunctionName] = made
        if publish:
            return made.published("")
        return made.shown(LATEST)

    def get_function(self, FunctionName: str, Qualifier: str = LATEST) -> dict[str, Any]:
        function = self.function(FunctionName)
        answer: dict[str, Any] = {"Configuration": function.read(Qualifier)}
        answer["Code"] = {"RepositoryType": "S3", "Location": "https://fake/code.zip"}
        return {**answer, **({"Tags": dict(function.tags)} if function.tags else {})}

    def get_function_configuration(
        self, FunctionName: str, Qualifier: str = LATEST
    ) -> dict[str, Any]:
        return self.function(FunctionName).read(Qualifier)

    def list_functions(self, **_: Any) -> dict[str, Any]:
        return {"Functions": [found.shown(LATEST) for found in self.functions.values()]}

    def update_function_code(
        self, FunctionName: str, ZipFile: bytes = b"", **given: Any
    ) -> dict[str, Any]:
        function = self.function(FunctionName)
        function.require_ready()
        function.require_revision(given.get("RevisionId"))
        architectures = (
            {"Architectures": given["Architectures"]} if "Architectures" in given else {}
        )
        function.change(code=ZipFile, settings=architectures)
        return function.published("") if given.get("Publish") else function.shown(LATEST)

    def update_function_configuration(self, FunctionName: str, **given: Any) -> dict[str, Any]:
        function = self.function(FunctionName)
        function.require_ready()
        function.require_revision(given.pop("RevisionId", None))
        function.change(settings=given)
        return function.shown(LATEST)

    def delete_function(self, FunctionName: str, Qualifier: str | None = None) -> None:
        function = self.function(FunctionName)
        if Qualifier is None:
            del self.functions[function.name]
            return
        if Qualifier == LATEST:
            raise Refusal("InvalidParameterValueException", "$LATEST version cannot be deleted")
        users = [row["Name"] for row in function.aliases.values() if _uses(row, Qualifier)]
        if users:
            raise Refusal(
                "ResourceConflictException", f"Aliases use this version: {users}", Type="User"
            )
        function.versions.pop(Qualifier, None)  # one that is gone already is no error

    def list_tags(self, Resource: str) -> dict[str, Any]:
        return {"Tags": dict(self.function(Resource).tags)}

    def tag_resource(self, Resource: str, Tags: dict[str, str]) -> None:
        self.function(Resource).tags.update(Tags)

    # --- versions

    def publish_version(self, FunctionName: str, **given: Any) -> dict[str, Any]:
        function = self.function(FunctionName)
        function.require_ready()
        function.require_revision(given.get("RevisionId"))
        wanted, has = given.get("CodeSha256"), function.code_sha256
        if self.checks_digest and wanted and wanted != has:
            raise Refusal(
                "InvalidParameterValueException",
                f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({has}).",
                Type="User",
            )
        return function.published(given.get("Description"))

    def list_versions_by_function(
        self, FunctionName: str, Marker: str = "0", MaxItems: int = 50
    ) -> dict[str, Any]:
        function = self.function(FunctionName)
        numbers = [LATEST, *sorted(function.versions, key=int)]
        start, limit = int(Marker), min(MaxItems, self._aws.page)
        page = [function.shown(number) for number in numbers[start : start + limit]]
        more = {"NextMarker": str(start + limit)} if numbers[start + limit :] else {}
        return {"Versions": page, **more}

    # --- aliases

    def create_alias(
        self, FunctionName: str, Name: str, FunctionVersion: str, **given: Any
    ) -> dict[str, Any]:
        function = self.function(FunctionName)
        if Name in function.aliases:
            arn = f"{function.arn}:{Name}"
            raise Refusal("ResourceConflictException", f"Alias already exists: {arn}", Type="User")
        function.at(FunctionVersion)
        return self._aliased(function, Name, FunctionVersion=FunctionVersion, **given)

    def get_alias(self, FunctionName: str, Name: str) -> dict[str, Any]:
        return copied(self._alias(FunctionName, Name))

    def list_aliases(self, FunctionName: str, **given: Any) -> dict[str, Any]:
        rows = self.function(FunctionName).aliases.values()
        version = given.get("FunctionVersion")
        kept = [row for row in rows if version in (None, row["FunctionVersion"])]
        return {"Aliases": copied(kept)}

    def update_alias(self, FunctionName: str, Name: str, **given: Any) -> dict[str, Any]:
        alias = self._alias(FunctionName, Name)
        revision = given.pop("RevisionId", alias["RevisionId"])
        if revision != alias["RevisionId"]:
            raise Refusal(
                "PreconditionFailedException",
                "The Revision Id provided does not match.",
                Type="User",
            )
        function = self.function(FunctionName)
        function.at(given.get("FunctionVersion", alias["FunctionVersion"]))
        return self._aliased(function, Name, **{**alias, **given})

    def delete_alias(self, FunctionName: str, Name: str) -> None:
        self.function(FunctionName).aliases.pop(Name, None)

    def _alias(self, function: str, name: str) -> dict[str, Any]:
        found = self.functions.get(function)
        if found is None or name not in found.aliases:
            arn = f"arn:aws:lambda:{self._region}:{self._account}:function:{function}:{name}"
            raise Refusal("ResourceNotFoundException", f"Alias not found: {arn}", Type="User")
        return found.aliases[name]

    def _aliased(self, function: Function, name: str, **fields: Any) -> dict[str, Any]:
        weights = (fields.pop("RoutingConfig", None) or {}).get("AdditionalVersionWeights")
        routing = {"RoutingConfig": {"AdditionalVersionWeights": weights}} if weights else {}
        alias = {"Description": "", **fields, "Name": name, **routing}
        alias |= {"AliasArn": f"{function.arn}:{name}", "RevisionId": function.new_revision()}
        function.aliases[name] = alias
        return copied(alias)

    # --- calling, and what is attached

    def invoke(self, FunctionName: str, Qualifier: str = LATEST, **given: Any) -> dict[str, Any]:
        from base64 import b64encode

        from botocore.response import StreamingBody

        function = self.function(FunctionName)
        version = function.at(Qualifier)
        if function.is_starting(version["Version"]):
            raise Refusal(
                "ResourceConflictException",
                "The operation cannot be performed at this time. The function is currently in the "
                "following state: Pending",
                Type="User",
            )
        answer = self.answers.get(version["CodeSha256"], HEALTHY)
        if hasattr(answer, "__next__"):
            answer = next(answer)
        elif callable(answer):
            answer = answer(json.loads(given.get("Payload") or b"{}"))
        body = json.dumps(answer).encode()
        failed = isinstance(answer, dict) and "errorType" in answer
        return {
            "StatusCode": 200,
            "ExecutedVersion": version["Version"],
            "Payload": StreamingBody(io.BytesIO(body), len(body)),
            "LogResult": b64encode(self.log_tail.encode()).decode(),
            **({"FunctionError": "Unhandled"} if failed else {}),
        }

    def get_policy(self, FunctionName: str, Qualifier: str = "") -> dict[str, Any]:
        function = self.function(FunctionName)
        statements = function.policies.get(Qualifier)
        if not statements:
            raise Refusal("ResourceNotFoundException", "The resource you requested does not exist.")
        document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        return {"Policy": json.dumps(document), "RevisionId": function.revision}

    def add_permission(
        self, FunctionName: str, StatementId: str, Action: str, Principal: str, **given: Any
    ) -> dict[str, Any]:
        function = self.function(FunctionName)
        statements = function.policies.setdefault(given.get("Qualifier", ""), [])
        if StatementId in [row["Sid"] for row in statements]:
            raise Refusal("ResourceConflictException", f"The statement id {StatementId} exists.")
        statement: dict[str, Any] = {"Sid": StatementId, "Effect": "Allow"}
        statement |= {"Principal": {"Service": Principal}, "Action": Action}
        statement["Resource"] = function.arn
        if "SourceArn" in given:
            statement["Condition"] = {"ArnLike": {"AWS:SourceArn": given["SourceArn"]}}
        statements.append(statement)
        return {"Statement": json.dumps(statement)}

    def remove_permission(self, FunctionName: str, StatementId: str, **given: Any) -> None:
        statements = self.function(FunctionName).policies.get(given.get("Qualifier", ""), [])
        kept = [row for row in statements if row["Sid"] != StatementId]
        if len(kept) == len(statements):
            raise Refusal("ResourceNotFoundException", "No policy is associated with it.")
        statements[:] = kept

    def create_function_url_config(
        self, FunctionName: str, AuthType: str, Qualifier: str = ""
    ) -> dict[str, Any]:
        function = self.function(FunctionName)
        arn = f"{function.arn}:{Qualifier}" if Qualifier else function.arn
        made = {"FunctionArn": arn, "AuthType": AuthType}
        made["FunctionUrl"] = f"https://{function.name}.lambda-url.{self._region}.on.aws/"
        function.urls.append(made)
        return dict(made)

    def delete_function_url_config(self, FunctionName: str, Qualifier: str = "") -> None:
        function = self.function(FunctionName)
        arn = f"{function.arn}:{Qualifier}" if Qualifier else function.arn
        function.urls = [row for row in function.urls if row["FunctionArn"] != arn]

    def list_function_url_configs(self, FunctionName: str, **_: Any) -> dict[str, Any]:
        return {"FunctionUrlConfigs": list(self.function(FunctionName).urls)}

    def get_function_concurrency(self, FunctionName: str) -> dict[str, Any]:
        self.function(FunctionName)
        return {}

    def _absent(self, name: str) -> Refusal:
        arn = f"arn:aws:lambda:{self._region}:{self._account}:function:{name}"
        return Refusal("ResourceNotFoundException", f"Function not found: {arn}", Type="User")


def _uses(alias: dict[str, Any], version: str) -> bool:
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})
    return version == alias["FunctionVersion"] or version in weights
