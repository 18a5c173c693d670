from __future__ import annotations

import pytest


def test_a_cloud_that_never_ran_is_stopped_and_empty(project, document):
    body = document("local", "status")
    assert (body["schema"], body["state"]) == ("resumectl/local-status/v1", "stopped")
    assert (body["endpoint"], body["services"]) == (None, [])
    assert body["log"].startswith(str(project / ".resumectl" / "local"))


def test_stopping_what_does_not_run_is_done_already(project, document):
    body = document("local", "stop")
    assert (body["exit_code"], body["state"]) == (0, "stopped")


def test_a_reset_asks(project, document):
    state = project / ".resumectl" / "local" / "state"
    state.mkdir(parents=True)
    (state / "s3.json").write_text("{}")
    body = document("local", "reset")
    assert body["error"]["code"] == "no-terminal"
    assert document("local", "status")["services"] == ["s3"]
    assert document("local", "reset", "--yes")["services"] == []


@pytest.mark.parametrize("port", ["80", "65536", "http"])
def test_a_port_that_cannot_be_used_is_a_usage_error(project, run, port):
    assert run("local", "start", "--port", port).exit_code == 2
