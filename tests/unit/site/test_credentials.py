"""Which names are key files, and which text is a credential."""

from __future__ import annotations

import pytest

from resumectl.site.credentials import Credential, find, is_key_file

# In two halves, so that secret scanners do not report this file.
KEY_ID = b"AKIA" + b"IOSFODNN7EXAMPLE"
SECRET = b"wJalrXUtnFEMI/K7MDENG" + b"/bPxRfiCYEXAMPLEKEY"
PEM = b"-----BEGIN RSA " + b"PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (b"one\ntwo " + KEY_ID + b"\n", 2, "an AWS access key id"),
        (b"ASIA" + KEY_ID[4:], 1, "an AWS access key id"),
        (b"?AWSAccessKeyId=" + KEY_ID + b"&", 1, "an AWS access key id"),
        (b"aws_secret_access_key = " + SECRET, 1, "an AWS secret access key"),
        (b"\n\nAWS_SECRET_ACCESS_KEY=" + SECRET + b"\n", 3, "an AWS secret access key"),
        (b'{"secretAccessKey": "' + SECRET + b'"}', 1, "an AWS secret access key"),
        (PEM + b"\nMIIE\n", 1, "a private key"),
        (PEM + b"\r\n", 1, "a private key"),
        (b'{"private_key": "' + PEM + b'\\nMIIEvQIBADANBgkqhkiG9w0B"}', 1, "a private key"),
        (b"-----BEGIN " + b"PRIVATE KEY-----", 1, "a private key"),
        (b"-----BEGIN PGP " + b"PRIVATE KEY BLOCK-----\n", 1, "a private key"),
    ],
)
def test_a_credential_is_found_with_its_line(text, line, what):
    assert find(text) == Credential(line, what)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"an AKIA is the start of a key id",
        b"data:font/woff2;base64,d09GMgAB" + KEY_ID + b"d09GMgAB",
        KEY_ID.lower(),
        KEY_ID[:-1],
        b"aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY']",
        b"AWS_SECRET_ACCESS_KEY=${{ secrets.AWS_SECRET_ACCESS_KEY }}",
        b'const header = "' + PEM + b'\\n" + body;',
        b"-----BEGIN PUBLIC KEY-----\nMIIE\n",
        b"-----BEGIN CERTIFICATE-----\nMIIE\n",
        b"\x89PNG\0" + KEY_ID,
    ],
)
def test_similar_text_is_not_a_credential(text):
    assert find(text) is None


@pytest.mark.parametrize(
    "name",
    ["server.pem", "SERVER.KEY", "id_rsa", "id_ed25519", "a.p12", "x.tfstate", "x.tfstate.backup"],
)
def test_keys_and_terraform_states_are_key_files(name):
    assert is_key_file(name)


@pytest.mark.parametrize("name", ["id_rsa.pub", "keyboard.png", "pem.html", "key", "monkey.jpg"])
def test_similar_names_are_not_key_files(name):
    assert not is_key_file(name)
