from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

import pytest
from botocore import exceptions as botocore
from moto import mock_aws

from resumectl import aws
from resumectl.aws import Cloud
from resumectl.errors import CloudError, SettingsError
from resumectl.settings import Environment

PROD = Environment("prod", region="eu-west-2")
LOCAL = Environment("local", emulator=True)
ENDPOINT = "http://127.0.0.1:4566"


def refused(code, message="as AWS words it", operation="PutObject"):
    return botocore.ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of the environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def profile():
    """A profile called `me`, as `aws configure` writes it."""
    folder = Path.home() / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        "[me]\naws_access_key_id = of me\naws_secret_access_key = x\n"
    )
    return Environment("prod", region="eu-west-2", profile="me")


# --- clients


def test_a_client_is_made_once_for_each_service_and_region(keys):
    cloud = Cloud(PROD)
    made = cloud.client("sts")
    assert cloud.client("sts") is made
    assert cloud.client("sts", "eu-west-2") is made
    assert made.meta.region_name == "eu-west-2"
    assert cloud.client("sts", "us-east-1").meta.region_name == "us-east-1"


def test_threads_share_one_client(keys):
    cloud, together, made = Cloud(PROD), Barrier(4), []

    def ask():
        together.wait()
        made.append(cloud.client("sts"))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(map(id, made))) == 1


def test_the_embedded_cloud_is_reached_at_its_endpoint_with_keys_of_its_own(keys):
    cloud = Cloud(LOCAL, ENDPOINT)
    client = cloud.client("s3")
    assert client.meta.endpoint_url == ENDPOINT
    assert client.meta.config.s3["addressing_style"] == "path"
    assert cloud._session.get_credentials().access_key == "test"


def test_a_profile_that_is_not_there(profile):
    with pytest.raises(CloudError, match="absent") as caught:
        Cloud(Environment("prod", profile="absent")).client("s3")
    assert caught.value.code == "credentials"


@pytest.mark.parametrize(
    ("region", "hint"),
    [("eu-wst-2", "Did you mean 'eu-west-2'?"), ("zz-nowhere-1", "Correct region")],
)
def test_a_region_that_aws_does_not_have(keys, region, hint):
    with pytest.raises(SettingsError, match=f"env.prod names region '{region}'") as caught:
        Cloud(Environment("prod", region=region)).client("s3")
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1", "ap-southeast-2"])
def test_regions_of_other_partitions_are_known(keys, region):
    assert Cloud(Environment("prod", region=region))._session.region_name == region


@mock_aws
def test_an_upload_does_not_wait_for_a_permission_to_go_on():
    s3, sent = Cloud(PROD).client("s3"), []
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    s3.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: sent.append(dict(request.headers))
    )
    s3.put_object(Bucket="bucket", Key="key", Body=b"x")
    (headers,) = sent
    assert "Expect" not in headers


# --- whose account


def test_the_account_of_the_embedded_cloud_needs_no_question():
    assert Cloud(LOCAL, ENDPOINT).account_id == "000000000000"


@mock_aws
def test_the_account_is_what_sts_says():
    assert Cloud(PROD).account_id == "123456789012"
    assert Cloud(Environment("prod", account="123456789012")).account_id == "123456789012"


@mock_aws
def test_credentials_of_another_account_are_refused():
    with pytest.raises(
        CloudError, match=r"belong to account 123456789012, but env.prod is account 9{12}"
    ) as caught:
        _ = Cloud(Environment("prod", account="9" * 12)).account_id
    assert caught.value.code == "wrong-account"


def test_no_credentials_at_all(monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CloudError, match="no usable AWS credentials") as caught:
        _ = Cloud(PROD).account_id
    assert caught.value.code == "credentials"
    assert "--env local" in str(caught.value.hint)


# --- what a child process is given


def test_a_child_process_gets_the_region_and_keeps_the_rest():
    environ = Cloud(PROD).environ(
        {"PATH": "/bin", "AWS_ACCESS_KEY_ID": "k", "AWS_REGION": "us-west-1"}
    )
    assert environ == {
        "PATH": "/bin",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_REGION": "eu-west-2",
        "AWS_DEFAULT_REGION": "eu-west-2",
    }


def test_for_the_embedded_cloud_nothing_of_the_users_aws_is_left():
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


def test_a_configured_profile_wins_over_keys_in_the_environment_here_and_in_a_child(keys, profile):
    """Terraform prefers keys to AWS_PROFILE: left in place, it would work on another account than resumectl."""
    cloud = Cloud(profile)
    assert cloud._session.get_credentials().access_key == "of me"
    inherited = {
        "AWS_ACCESS_KEY_ID": "of the environment",
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


def test_the_code_of_an_error():
    assert aws.error_code(refused("NoSuchKey")) == "NoSuchKey"
    assert aws.error_code(ValueError("x")) == ""


@pytest.mark.parametrize(
    ("code", "ours", "said"),
    [
        ("ExpiredToken", "credentials", "The AWS credentials expired while uploading the site."),
        ("ExpiredTokenException", "credentials", "expired"),
        (
            "InvalidClientTokenId",
            "credentials",
            "AWS does not accept these credentials (InvalidClientTokenId).",
        ),
        ("SignatureDoesNotMatch", "credentials", "does not accept"),
        ("AccessDenied", "access-denied", "AWS denied PutObject while uploading the site."),
        ("AccessDeniedException", "access-denied", "denied"),
        ("403", "access-denied", "denied"),
        (
            "SlowDown",
            "aws.SlowDown",
            "AWS refused PutObject while uploading the site: SlowDown: as AWS words it",
        ),
    ],
)
def test_a_refusal_is_told_by_its_code(code, ours, said):
    with pytest.raises(CloudError) as caught, aws.translated("uploading the site"):
        raise refused(code)
    assert caught.value.code == ours
    assert said in caught.value.message
    assert isinstance(caught.value.__cause__, botocore.ClientError)


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
def test_what_never_became_an_answer(error, code):
    with pytest.raises(CloudError) as caught, aws.translated("uploading the site"):
        raise error
    assert caught.value.code == code


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), aws.translated("dividing"):
        _ = 1 / 0


def test_no_error_no_trouble():
    with aws.translated("doing nothing"):
        pass
