from __future__ import annotations

import gc
import subprocess
import sys
import threading

import pytest

from resumectl.filelock import claim, exclusive


def test_a_second_holder_waits_for_the_first_and_is_told(tmp_path):
    lock = tmp_path / "new" / "lock"
    waiting, order = threading.Event(), []

    def second():
        with exclusive(lock, waiting.set):
            order.append("second")

    thread = threading.Thread(target=second, daemon=True)
    with exclusive(lock, lambda: pytest.fail("there is nothing to wait for")):
        thread.start()
        assert waiting.wait(120)
        order.append("first")
    thread.join(120)
    assert order == ["first", "second"]


@pytest.fixture
def folders(tmp_path):
    return [tmp_path / name for name in ("a", "b", "c")]


def test_each_claim_gets_a_folder_of_its_own(folders):
    claims = [claim(folders), claim(folders)]
    assert [each.folder for each in claims] == folders[:2]
    assert not folders[2].exists()


def test_a_claim_ends_with_its_holder(folders):
    first = claim(folders)
    assert first.folder == folders[0]
    del first
    gc.collect()
    assert claim(folders).folder == folders[0]


def test_a_process_that_inherits_a_claim_keeps_it(folders):
    first = claim(folders)
    reader = [sys.executable, "-c", "input()"]
    with subprocess.Popen(reader, stdin=subprocess.PIPE, close_fds=False) as child:
        del first
        gc.collect()
        assert claim(folders).folder == folders[1]
        child.communicate(b"\n")
    assert claim(folders).folder == folders[0]


def test_a_process_that_inherits_nothing_does_not_keep_a_claim(folders):
    first = claim(folders)
    reader = [sys.executable, "-c", "input()"]
    with subprocess.Popen(reader, stdin=subprocess.PIPE) as child:
        del first
        gc.collect()
        assert claim(folders).folder == folders[0]
        child.communicate(b"\n")


def test_no_folder_left_is_an_error(folders):
    held = [claim(folders[:1])]
    with pytest.raises(BlockingIOError):
        claim(folders[:1])
    assert held
