from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
from botocore import exceptions as botocore
from moto import mock_aws

from resumectl import aws
from resumectl.aws import Cloud
from resumectl.errors import CloudError, Locked, SettingsError
from resumectl.settings import Environment

PROD = Environment("prod", region="eu-west-2")
LOCAL = Environment("local", emulator=True)
ENDPOINT = "http://127.0.0.1:4566"


def client_error(code, message="AWS says no.", operation="PutObject"):
    return botocore.ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "environment key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def profile():
    """A profile called `me`, as `aws configure` writes it."""
    folder = Path.home() / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        "[me]\naws_access_key_id = profile key\naws_secret_access_key = x\n"
    )
    return Environment("prod", region="eu-west-2", profile="me")


# --- clients


def test_there_is_one_client_per_service_and_region(keys):
    cloud = Cloud(PROD)
    client = cloud.client("sts")
    assert cloud.client("sts") is client
    assert cloud.client("sts", "eu-west-2") is client
    assert client.meta.region_name == "eu-west-2"
    assert cloud.client("sts", "us-east-1").meta.region_name == "us-east-1"


# --- the fence


class Claim:
    """A lock that is lost at the proof with that number."""

    def __init__(self, lost_at):
        self.lost, self.proofs, self._lost_at = Event(), 0, lost_at

    def prove(self):
        self.proofs += 1
        if self.proofs >= self._lost_at:
            raise Locked("lost")


@pytest.fixture
def server():
    """An S3 that fails at the first request; gives its URL and the method of each request."""
    methods = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_GET(self):
            methods.append(self.command)
            self.send_response(503 if len(methods) == 1 else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", methods
        listening.shutdown()


def write(client):
    return client.put_object(Bucket="b", Key="k", Body=b"x")


def test_a_write_is_not_sent_once_the_lock_is_lost(server):
    cloud = Cloud(LOCAL, server[0])
    with cloud.fence.around(Claim(lost_at=1)), pytest.raises(Locked):
        write(cloud.client("s3"))
    assert server[1] == []


def test_a_write_is_not_sent_again_once_the_lock_is_lost(server):
    cloud = Cloud(LOCAL, server[0])
    with cloud.fence.around(Claim(lost_at=2)), pytest.raises(Locked):
        write(cloud.client("s3"))
    assert server[1] == ["PUT"]


def test_a_proven_lock_lets_every_attempt_through(server):
    cloud, claim = Cloud(LOCAL, server[0]), Claim(lost_at=99)
    with cloud.fence.around(claim):
        write(cloud.client("s3"))
    assert (server[1], claim.proofs) == (["PUT", "PUT"], 2)


def test_reads_and_the_lock_itself_pass(server):
    cloud = Cloud(LOCAL, server[0])
    with cloud.fence.around(Claim(lost_at=1)):
        cloud.client("s3").get_object(Bucket="b", Key="k")
        write(cloud.client("s3", fenced=False))
    assert server[1] == ["GET", "GET", "PUT"]


def test_threads_share_one_client(keys):
    cloud, barrier, clients = Cloud(PROD), Barrier(4), []

    def get_client():
        barrier.wait()
        clients.append(cloud.client("sts"))

    threads = [Thread(target=get_client) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(clients) == 4
    assert len(set(map(id, clients))) == 1


def test_the_embedded_cloud_has_its_own_endpoint_and_keys(keys):
    cloud = Cloud(LOCAL, ENDPOINT)
    client = cloud.client("s3")
    assert client.meta.endpoint_url == ENDPOINT
    assert client.meta.config.s3["addressing_style"] == "path"
    assert cloud._session.get_credentials().access_key == "test"


@pytest.mark.parametrize("url", ["not a url", "http://x:99999"])
def test_an_endpoint_that_is_not_a_url_is_a_wrong_setting(keys, monkeypatch, url):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    with pytest.raises(SettingsError) as caught:
        Cloud(PROD).client("s3")
    assert caught.value.hint.startswith("Correct the AWS_* variables")


def test_a_missing_profile_is_a_credentials_error(profile):
    with pytest.raises(CloudError, match="absent") as caught:
        Cloud(Environment("prod", profile="absent")).client("s3")
    assert caught.value.code == "credentials"


@pytest.mark.parametrize(
    ("region", "hint"),
    [("eu-wst-2", "Did you mean 'eu-west-2'?"), ("zz-nowhere-1", "Correct region")],
)
def test_an_unknown_region_is_refused(keys, region, hint):
    with pytest.raises(SettingsError, match=f"env.prod has region '{region}'") as caught:
        Cloud(Environment("prod", region=region)).client("s3")
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1", "ap-southeast-2"])
def test_regions_of_every_partition_are_known(keys, region):
    assert Cloud(Environment("prod", region=region))._session.region_name == region


@mock_aws
def test_an_upload_does_not_wait_for_100_continue():
    s3, sent = Cloud(PROD).client("s3"), []
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    s3.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: sent.append(dict(request.headers))
    )
    s3.put_object(Bucket="bucket", Key="key", Body=b"x")
    (headers,) = sent
    assert "Expect" not in headers


# --- the account


def test_the_account_of_the_embedded_cloud_needs_no_request():
    assert Cloud(LOCAL, ENDPOINT).account_id == "000000000000"


@mock_aws
def test_the_account_comes_from_sts():
    assert Cloud(PROD).account_id == "123456789012"
    assert Cloud(Environment("prod", account="123456789012")).account_id == "123456789012"


@mock_aws
def test_credentials_of_another_account_are_refused():
    with pytest.raises(
        CloudError, match=r"belong to account 123456789012, but env.prod is account 9{12}"
    ) as caught:
        _ = Cloud(Environment("prod", account="9" * 12)).account_id
    assert caught.value.code == "wrong-account"


def test_without_credentials_the_hint_names_the_embedded_cloud(monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CloudError, match="no usable AWS credentials") as caught:
        _ = Cloud(PROD).account_id
    assert caught.value.code == "credentials"
    assert "--env local" in str(caught.value.hint)


# --- the environment of a child process


def test_a_child_process_gets_the_region_of_the_environment():
    environ = Cloud(PROD).environ(
        {"PATH": "/bin", "AWS_ACCESS_KEY_ID": "k", "AWS_REGION": "us-west-1"}
    )
    assert environ == {
        "PATH": "/bin",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_REGION": "eu-west-2",
        "AWS_DEFAULT_REGION": "eu-west-2",
    }


def test_a_child_process_for_the_embedded_cloud_gets_none_of_the_users_aws_variables():
    inherited = {
        "PATH": "/bin",
        "AWS_PROFILE": "me",
        "AWS_SESSION_TOKEN": "x",
        "AWS_ENDPOINT_URL_S3": "https://real",
    }
    assert Cloud(LOCAL, ENDPOINT).environ(inherited) == {
        "PATH": "/bin",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_MAX_ATTEMPTS": "3",
    }


def test_a_configured_profile_overrides_keys_for_us_and_for_child_processes(keys, profile):
    """Terraform prefers keys to AWS_PROFILE: with them it would work on another account."""
    cloud = Cloud(profile)
    assert cloud._session.get_credentials().access_key == "profile key"
    inherited = {
        "AWS_ACCESS_KEY_ID": "environment key",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_SESSION_TOKEN": "x",
        "AWS_ROLE_ARN": "x",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
        "AWS_PROFILE": "other",
        "AWS_CA_BUNDLE": "/ca.pem",
    }
    assert cloud.environ(inherited) == {
        "AWS_PROFILE": "me",
        "AWS_CA_BUNDLE": "/ca.pem",
        "AWS_REGION": "eu-west-2",
        "AWS_DEFAULT_REGION": "eu-west-2",
    }


# --- errors


def test_error_code_is_empty_for_other_errors():
    assert aws.error_code(client_error("NoSuchKey")) == "NoSuchKey"
    assert aws.error_code(ValueError("x")) == ""


SLOW_DOWN = "AWS returned SlowDown for PutObject while uploading the site."
EXPIRED = "The AWS credentials expired while uploading the site."
DENIED = "AWS denied PutObject while uploading the site."
REJECTED = "AWS rejected these credentials ({}) while uploading the site."


@pytest.mark.parametrize(
    ("code", "our_code", "message"),
    [
        ("ExpiredToken", "credentials", EXPIRED),
        ("ExpiredTokenException", "credentials", EXPIRED),
        ("InvalidClientTokenId", "credentials", REJECTED.format("InvalidClientTokenId")),
        ("SignatureDoesNotMatch", "credentials", REJECTED.format("SignatureDoesNotMatch")),
        ("AccessDenied", "access-denied", DENIED),
        ("AccessDeniedException", "access-denied", DENIED),
        ("403", "access-denied", DENIED),
        ("SlowDown", "aws.SlowDown", SLOW_DOWN),
    ],
)
def test_an_error_response_keeps_the_sentence_of_aws(code, our_code, message):
    with pytest.raises(CloudError) as caught, aws.translated("uploading the site"):
        raise client_error(code)
    assert caught.value.code == our_code
    assert caught.value.message == f"{message}\nAWS says no."
    assert isinstance(caught.value.__cause__, botocore.ClientError)


def refusal(code: str, message: str, operation: str = "PutObject") -> CloudError:
    with pytest.raises(CloudError) as caught, aws.translated("uploading the site"):
        raise botocore.ClientError({"Error": {"Code": code, "Message": message}}, operation)
    return caught.value


SOME = "more than AWS accepts"
EXPIRED_SIGNATURE = (
    "Signature expired: 20261127T080000Z is now earlier than 20261127T164500Z"
    " (20261127T170000Z - 15 min.)"
)
NOT_ALLOWED = (
    "User: arn:aws:iam::111122223333:user/dev is not authorized to perform: {} on resource: "
)


@pytest.mark.parametrize(
    ("code", "sentence", "operation", "headline", "hint"),
    [
        (
            "SignatureDoesNotMatch",
            EXPIRED_SIGNATURE,
            "PutObject",
            "The clock of this machine is wrong by 9 hours, so AWS rejected PutObject",
            "Set the clock",
        ),
        (
            "InvalidSignatureException",
            EXPIRED_SIGNATURE,
            "UpdateAlias",
            "The clock of this machine is wrong by 9 hours, so AWS rejected UpdateAlias",
            "Set the clock",
        ),
        (
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            "PutObject",
            f"The clock of this machine is wrong by {SOME}, so AWS rejected PutObject",
            "Set the clock",
        ),
        (
            "AccessDenied",
            NOT_ALLOWED.format("s3:PutObject") + "arn:aws:s3:::resume-prod-site/index.html"
            " with an explicit deny in a service control policy",
            "PutObject",
            "AWS denied PutObject",
            "No permission helps against an explicit deny",
        ),
        (
            "AccessDenied",
            "Your account must be verified before you can add new CloudFront resources.",
            "CreateDistribution",
            "AWS denied CreateDistribution",
            "Ask AWS to verify the account",
        ),
        (
            "AccessDenied",
            NOT_ALLOWED.format("sts:AssumeRole") + "arn:aws:iam::111122223333:role/deployer",
            "AssumeRole",
            "AWS denied AssumeRole",
            "Grant the permission",
        ),
        (
            "AuthorizationError",
            NOT_ALLOWED.format("SNS:Subscribe") + "arn:aws:sns:eu-west-2:111122223333:alarms",
            "Subscribe",
            "AWS denied Subscribe",
            "Grant the permission",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong_and_keeps_the_sentence_of_aws(
    code, sentence, operation, headline, hint
):
    error = refusal(code, sentence, operation)
    assert error.message == f"{headline} while uploading the site.\n{sentence}"
    assert error.hint.startswith(hint)


def test_a_denied_web_identity_names_the_role(monkeypatch):
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/deployer")
    sentence = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    error = refusal("AccessDenied", sentence, "AssumeRoleWithWebIdentity")
    assert "AssumeRoleWithWebIdentity of arn:aws:iam::111122223333:role/deployer" in error.message
    assert "role/deployer" not in refusal("AccessDenied", sentence, "PutObject").message


def test_a_prompt_for_an_mfa_code_without_a_terminal_is_one_line():
    with pytest.raises(CloudError) as caught, aws.translated("looking up the AWS account"):
        raise EOFError
    assert caught.value.message == (
        "AWS asks for an MFA code while looking up the AWS account,"
        " and there is no terminal to type it on."
    )
    assert (caught.value.exit_code, caught.value.code) == (1, "credentials")


def test_an_error_response_without_a_sentence_is_one_line():
    with pytest.raises(CloudError) as caught, aws.translated("uploading the site"):
        raise client_error("AccessDenied", message="")
    assert caught.value.message == DENIED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (botocore.NoCredentialsError(), "credentials"),
        (
            botocore.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "credentials",
        ),
        (botocore.TokenRetrievalError(provider="sso", error_msg="x"), "credentials"),
        (botocore.UnauthorizedSSOTokenError(), "credentials"),
        (botocore.ProfileNotFound(profile="me"), "credentials"),
        (botocore.EndpointConnectionError(endpoint_url="x"), "unreachable"),
        (botocore.ReadTimeoutError(endpoint_url="x"), "unreachable"),
        (botocore.ConnectTimeoutError(endpoint_url="x"), "unreachable"),
        (botocore.ConnectionClosedError(endpoint_url="x"), "unreachable"),
        (botocore.ParamValidationError(report="x"), "aws"),
    ],
)
def test_a_request_without_a_response_is_a_cloud_error(error, code):
    with pytest.raises(CloudError) as caught, aws.translated("uploading the site"):
        raise error
    assert caught.value.code == code


def test_other_errors_pass_through():
    with pytest.raises(ZeroDivisionError), aws.translated("dividing"):
        _ = 1 / 0


@pytest.mark.parametrize("code", ["NoSuchKey", "404", "ResourceNotFoundException"])
def test_found_returns_none_for_what_does_not_exist(code):
    def read(**arguments):
        raise client_error(code)

    assert aws.found(read, Key="x") is None


def test_found_returns_the_response():
    assert aws.found(lambda **arguments: arguments, Key="x") == {"Key": "x"}


def test_found_raises_every_other_error():
    def read(**arguments):
        raise client_error("AccessDenied")

    with pytest.raises(botocore.ClientError):
        aws.found(read)
