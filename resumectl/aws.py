"""Sessions and clients of AWS, and the translation of botocore's errors into ours."""

from __future__ import annotations

import difflib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from resumectl import clock, denial, mfa, responses
from resumectl.errors import CloudError, SettingsError
from resumectl.fence import Fence

if TYPE_CHECKING:
    from resumectl.settings import Environment

T = TypeVar("T")
Client = Any
"""A boto3 client. Not typed: boto3 creates its methods from service models at run time."""

EMULATOR_ACCOUNT: Final = "000000000000"
_EMULATOR_KEYS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_OVERRIDE_PROFILE: Final = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
}
"""Terraform prefers these to AWS_PROFILE; boto3 prefers an explicit profile."""
_NO_USER_CONFIGURATION: Final = {
    "profile": (None, None, None, None),
    "ca_bundle": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""botocore session variables as (key in the file, environment variable, default, conversion)."""
_POOL: Final = 64

_EXPIRED: Final = {
    *("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"),
}
_BAD_KEYS: Final = {
    *("InvalidClientTokenId", "UnrecognizedClientException"),
    *("InvalidAccessKeyId", "SignatureDoesNotMatch"),
}
DENIED: Final = denial.CODES


class Cloud:
    """The AWS account and region of one environment. Thread-safe; caches its clients.

    With an `endpoint`, the URL of the embedded cloud, it is that in place of AWS.

    Attributes:
        fence: stops the writes of all clients once the deploy lock is lost.
    """

    def __init__(self, environment: Environment, endpoint: str | None = None) -> None:
        self.environment = environment
        self.endpoint = endpoint
        self.fence = Fence()
        self._clients: dict[tuple[str, str, bool], Client] = {}
        self._lock = threading.Lock()

    @property
    def region(self) -> str:
        """The AWS region of the environment."""
        return self.environment.region

    @cached_property
    def account_id(self) -> str:
        """The 12-digit account id that the credentials belong to.

        Raises:
            CloudError: the credentials are missing, rejected, or belong to another account than the
                one in resumectl.toml.
        """
        if self.endpoint:
            return EMULATOR_ACCOUNT
        with translated("looking up the AWS account"):
            actual: str = self.client("sts").get_caller_identity()["Account"]
        configured = self.environment.account
        if configured and configured != actual:
            raise CloudError(
                f"These credentials belong to account {actual}, "
                f"but env.{self.environment.name} is account {configured}.",
                hint="Set AWS_PROFILE to other credentials, or correct account in resumectl.toml.",
                code="wrong-account",
            )
        return actual

    def client(self, service: str, region: str | None = None, *, fenced: bool = True) -> Client:
        """The boto3 client of `service`; one per service and region.

        The fence does not stop a client that is not `fenced`: for the lock itself.
        """
        place = region or self.region
        with self._lock:
            if (service, place, fenced) not in self._clients:
                client = self._make_client(service, place)
                if fenced:
                    self.fence.guard(client)
                self._clients[service, place, fenced] = client
            return self._clients[service, place, fenced]

    def environ(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The environment of a child process (Terraform) for the same account and region."""
        region = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        if self.endpoint:
            others = {key: value for key, value in inherited.items() if not key.startswith("AWS_")}
            endpoint = {"AWS_ENDPOINT_URL": self.endpoint, "AWS_MAX_ATTEMPTS": "3"}
            return {**others, **_EMULATOR_KEYS, **region, **endpoint}
        if not self.environment.profile:
            return {**inherited, **region}
        others = {key: value for key, value in inherited.items() if key not in _OVERRIDE_PROFILE}
        return {**others, "AWS_PROFILE": self.environment.profile, **region}

    def _make_client(self, service: str, region: str) -> Client:
        from botocore.config import Config
        from botocore.handlers import add_expect_header

        config = Config(
            max_pool_connections=_POOL,
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 3 if self.endpoint else 6},
            s3={"addressing_style": "path"} if self.endpoint else None,
            proxies={} if self.endpoint else None,  # {} means no proxy, even if HTTP_PROXY is set
        )
        with translated(f"preparing the {service} client"):
            try:
                client = self._session.client(
                    service, region_name=region, endpoint_url=self.endpoint, config=config
                )
                _ = urlsplit(client.meta.endpoint_url).port  # botocore fails at the first request
            except ValueError as error:  # what it says of AWS_ENDPOINT_URL and its like
                hint = "Correct the AWS_* variables or ~/.aws/config: env | grep AWS_"
                raise SettingsError(f"{error}.", hint=hint) from error
        # `Expect: 100-continue` costs every upload an extra round trip.
        client.meta.events.unregister("before-call.s3", add_expect_header)
        return client

    @cached_property
    def _session(self) -> Any:
        session = self._make_session()
        session.events.register("creating-client-class", responses.add_to)
        return session

    def _make_session(self) -> Any:
        import boto3

        if self.endpoint:
            import botocore.session

            id_, secret = _EMULATOR_KEYS.values()
            bare = botocore.session.Session(session_vars=_NO_USER_CONFIGURATION)
            return boto3.Session(id_, secret, region_name=self.region, botocore_session=bare)
        with translated("reading the AWS configuration"):
            session = boto3.Session(profile_name=self.environment.profile, region_name=self.region)
        mfa.ask_for_codes_of(session)
        _check_region(session, self.environment)
        return session


def _check_region(session: Any, environment: Environment) -> None:
    from botocore.exceptions import UnknownRegionError

    try:
        partition = session.get_partition_for_region(environment.region)
    except UnknownRegionError:
        partition = "aws"
    known = session.get_available_regions("s3", partition)
    if environment.region in known:
        return
    near = difflib.get_close_matches(environment.region, known, n=1)
    raise SettingsError(
        f"env.{environment.name} has region {environment.region!r}, which does not exist on AWS.",
        hint=f"Did you mean {near[0]!r}?" if near else "Correct region in resumectl.toml.",
    )


def error_code(error: Exception) -> str:
    """The AWS error code of a botocore ClientError, or an empty string."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


_ABSENT: Final = frozenset(
    [
        *("404", "NotFound", "NotFoundException", "NoSuchBucket", "NoSuchKey", "NoSuchVersion"),
        *("NoSuchBucketPolicy", "NoSuchCORSConfiguration", "NoSuchLifecycleConfiguration"),
        *("NoSuchPublicAccessBlockConfiguration", "NoSuchTagSet", "NoSuchWebsiteConfiguration"),
        *("OwnershipControlsNotFoundError", "ReplicationConfigurationNotFoundError"),
        *("ServerSideEncryptionConfigurationNotFoundError", "NoSuchEntity", "NoSuchFunctionExists"),
        *("NoSuchDistribution", "ResourceNotFound", "ResourceNotFoundException"),
        *("NoSuchMonitoringSubscription", "PolicyNotFoundException"),
        "ProvisionedConcurrencyConfigNotFoundException",
    ]
)
"""The error codes that the services we use return for something that does not exist."""


def rejects_credentials(error: Exception) -> bool:
    """Whether AWS rejects the credentials as such, so that no other read can succeed."""
    return error_code(error) in _EXPIRED | _BAD_KEYS


def is_absent(error: Exception) -> bool:
    """Whether the error means "does not exist". Any other error leaves that unknown."""
    return error_code(error) in _ABSENT


def found(call: Callable[..., T], **arguments: object) -> T | None:
    """The response of a read, or None if the resource does not exist.

    Raises:
        ClientError: the read failed for any other reason.
    """
    from botocore.exceptions import ClientError

    try:
        return call(**arguments)
    except ClientError as error:
        if is_absent(error):
            return None
        raise


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise `CloudError` in place of botocore's errors; `doing` is like "uploading the site"."""
    try:
        yield
    except Exception as error:
        ours = translation(error, doing)
        if ours is None:
            raise
        raise ours from error


def translation(error: Exception, doing: str) -> CloudError | None:
    """Our error for one of botocore's; no error is one unless botocore was imported."""
    if "botocore" not in sys.modules:
        return None
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, EOFError):
        return mfa.unanswered(doing)
    if isinstance(error, ClientError):
        return _refused(error, doing)
    known = (BotoCoreError, *responses.broken())
    return _unreachable(error, doing) if isinstance(error, known) else None


def _refused(error: Any, doing: str) -> CloudError:
    """Our error for a response that AWS sent. AWS's own sentence is always its last line."""
    code = error_code(error)
    reason = error.response.get("Error", {}).get("Message", "")
    operation, hint = getattr(error, "operation_name", "the call"), None
    what, kind = f"AWS returned {code} for {operation}", f"aws.{code}"
    if wrong_by := clock.wrong_by(code, error.response, datetime.now(UTC)):
        what = f"The clock of this machine is wrong by {wrong_by}, so AWS rejected {operation}"
        hint, kind = clock.HINT, "clock"
    elif code in _EXPIRED:
        what, hint, kind = "The AWS credentials expired", denial.SIGN_IN, "credentials"
    elif code in _BAD_KEYS:
        what, hint, kind = f"AWS rejected these credentials ({code})", denial.SIGN_IN, "credentials"
    elif code in DENIED:
        what, hint, kind = *denial.told(operation, reason, os.environ), "access-denied"
    detail = f"\n{reason}" if reason else ""
    return CloudError(f"{what} while {doing}.{detail}", hint=hint, code=kind)


def _unreachable(error: Exception, doing: str) -> CloudError:
    """Our error for a request that got no response."""
    from botocore import exceptions as known

    no_keys = (
        *(known.NoCredentialsError, known.PartialCredentialsError, known.CredentialRetrievalError),
        *(known.TokenRetrievalError, known.SSOError),
    )
    cut = (known.HTTPClientError, known.ConnectionError, *responses.broken())
    if isinstance(error, no_keys):
        message = f"There are no usable AWS credentials: {error}."
        return CloudError(message, hint=denial.SIGN_IN, code="credentials")
    if isinstance(error, known.ProfileNotFound):
        hint = "To list the profiles of this machine: aws configure list-profiles"
        return CloudError(f"{error}.", hint=hint, code="credentials")
    if isinstance(error, cut):
        hint = "Check the network and the region, then run the same command again. It will resume."
        return CloudError(f"No response while {doing}: {error}", hint=hint, code="unreachable")
    return CloudError(f"Failed while {doing}: {error}", code="aws")
