from __future__ import annotations

import pytest

from resumectl.errors import SettingsError
from resumectl.smoke.trust import authorities

from .playground import self_signed


def test_without_a_variable_the_system_decides():
    assert authorities() is None


def test_an_empty_variable_is_none(monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", "")
    assert authorities() is None


def test_the_variable_of_aws_comes_first(tmp_path, monkeypatch):
    ca, _ = self_signed(tmp_path, days=90)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at/all")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(ca))
    assert authorities() == ca


def test_a_file_that_does_not_exist_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with pytest.raises(SettingsError) as caught:
        authorities()
    assert caught.value.message == (
        f"AWS_CA_BUNDLE is {tmp_path}/ca.pem, which holds no certificates:"
        " No such file or directory"
    )
    assert "AWS_CA_BUNDLE" in caught.value.hint


def test_a_file_without_certificates_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "ca.pem"
    path.write_text("hello")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    with pytest.raises(SettingsError, match=r"REQUESTS_CA_BUNDLE is .* holds no certificates"):
        authorities()
