from __future__ import annotations


def test_every_need_is_checked_and_what_is_missing_is_named(project, document):
    (project / "frontend" / "index.html").unlink()
    body = document("doctor", RESUMECTL_TERRAFORM="no-such-program")
    checks = {check["name"]: check["ok"] for check in body["checks"]}
    assert list(checks)[-1] == "embedded cloud"
    assert (checks["terraform"], checks["site"], checks["function"]) == (False, False, True)
    assert body["exit_code"] == 1
    assert "site" in body["error"]["message"]


def test_an_embedded_cloud_that_is_stopped_is_not_missing(project, document):
    (cloud,) = [row for row in document("doctor")["checks"] if row["name"] == "embedded cloud"]
    assert (cloud["ok"], cloud["detail"]) == (True, "stopped")
