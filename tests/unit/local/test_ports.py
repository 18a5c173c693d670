from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.errors import ResumectlError
from resumectl.local import ports

if TYPE_CHECKING:
    from pathlib import Path


def nobody(port: int, path: str, seconds: float) -> Any:
    return None


def test_each_folder_has_a_port_of_its_own(tmp_path: Path) -> None:
    with (
        ports.open_free(tmp_path / "a") as a,
        ports.open_free(tmp_path / "b") as b,
        ports.open_free(tmp_path / "a") as c,
    ):
        numbers = [listener.getsockname()[1] for listener in (a, b, c)]
        assert len(set(numbers)) == 3
        assert a.getsockname()[0] == "127.0.0.1"
    with ports.claim(None, tmp_path / "a", nobody) as again:
        assert again.getsockname()[1] == numbers[0]


@pytest.mark.parametrize(
    ("answer", "by"),
    [
        (None, "another program"),
        (["?"], "another program"),
        ({"folder": "/b/.resumectl/local"}, "the embedded cloud of /b/"),
    ],
)
def test_a_taken_port_is_refused_with_a_way_out(tmp_path: Path, answer: Any, by: str) -> None:
    with ports.open_free(tmp_path) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(ResumectlError, match=f"Port {number} is in use by {by}") as caught:
            ports.claim(number, tmp_path, lambda *_: answer)
    assert caught.value.hint is not None
    assert "resumectl local start --port N" in caught.value.hint


def test_a_port_that_may_not_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(port: int) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(ports, "open_one", refuse)
    with pytest.raises(ResumectlError, match="Port 80 cannot be opened: Permission denied"):
        ports.claim(80, tmp_path, nobody)


def test_every_port_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(port: int) -> None:
        raise OSError(errno.EADDRINUSE, "in use")

    monkeypatch.setattr(ports, "open_one", refuse)
    with pytest.raises(ResumectlError, match="No port from 24566 to 25565 is free"):
        ports.open_free(tmp_path)


def test_waits_for_the_one_whose_folder_was_deleted(tmp_path: Path) -> None:
    listener = ports.open_free(tmp_path)
    number = listener.getsockname()[1]
    questions = []

    def ending(port: int, path: str, seconds: float) -> Any:
        questions.append(path)
        if len(questions) == 3:
            listener.close()
        return {"folder": str(tmp_path)} if len(questions) < 3 else None

    with ports.claim(number, tmp_path, ending) as mine:
        assert mine.getsockname()[1] == number


def test_ask_of_nobody(tmp_path: Path) -> None:
    with ports.open_free(tmp_path) as listener:
        number = listener.getsockname()[1]
    assert ports.ask(number, "/", 1) is None
