from __future__ import annotations

import copy
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.local import saving

if TYPE_CHECKING:
    from pathlib import Path


def plain(service: str, state: Any) -> str:
    return json.dumps([service, state])


def test_each_service_has_a_file(tmp_path: Path) -> None:
    saving.save(tmp_path / "state", {"s3": lambda: {"a": 1}, "sqs": lambda: None}, plain)
    assert [file.name for file in (tmp_path / "state").iterdir()] == ["s3.json"]
    assert json.loads((tmp_path / "state" / "s3.json").read_text()) == ["s3", {"a": 1}]


def test_a_table_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    table = {str(n): n for n in range(1000)}
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            table["new"] = 1
            del table["new"]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        saving.save(tmp_path, {"dynamodb": lambda: copy.deepcopy(table)}, plain)
    finally:
        stop.set()
        thread.join()
    saved = json.loads((tmp_path / "dynamodb.json").read_text())[1]
    assert {**saved, "new": 1}.keys() == {**table, "new": 1}.keys()


def test_a_change_during_the_encoding_is_not_saved_half(tmp_path: Path) -> None:
    """Some services give their live tables."""
    changes = [RuntimeError("dictionary changed size during iteration")] * 3

    def encode(service: str, state: Any) -> str:
        if changes:
            raise changes.pop()
        return plain(service, state)

    saving.save(tmp_path, {"iam": dict}, encode)
    assert (tmp_path / "iam.json").exists()


def test_a_service_that_never_stands_still_is_an_error_and_keeps_its_file(tmp_path: Path) -> None:
    def changing() -> Any:
        raise RuntimeError("dictionary changed size during iteration")

    (tmp_path / "s3.json").write_text("before")
    with pytest.raises(RuntimeError, match="changed size"):
        saving.save(tmp_path, {"s3": changing}, plain)
    assert (tmp_path / "s3.json").read_text() == "before"


def test_what_is_saved_is_what_ministack_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    persistence = pytest.importorskip("ministack.core.persistence")
    responses = pytest.importorskip("ministack.core.responses")
    table = responses.AccountScopedDict()
    table["a"] = b"bytes"
    saving.save(tmp_path, {"dynamodb": lambda: {"tables": table}}, saving.encode)
    monkeypatch.setattr(persistence, "STATE_DIR", str(tmp_path))
    monkeypatch.setattr(persistence, "PERSIST_STATE", True)
    assert persistence.load_state("dynamodb")["tables"]["a"] == b"bytes"
