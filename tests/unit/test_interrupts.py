from __future__ import annotations

import signal
import threading

import pytest

from resumectl.interrupts import handled, held_back


def press():
    signal.raise_signal(signal.SIGINT)


pytestmark = pytest.mark.usefixtures("ctrl_c")


@pytest.fixture
def done():
    """What was done in a block, or after it."""
    return []


def interrupted(done):
    with held_back():
        press()
        done.append("the block")
    done.append("more")


def test_a_block_is_finished_before_ctrl_c_counts(done):
    with pytest.raises(KeyboardInterrupt):
        interrupted(done)
    assert done == ["the block"]


def test_without_ctrl_c_nothing_is_raised(done):
    with held_back():
        done.append("the block")
    assert done == ["the block"]


def test_ctrl_c_counts_more_than_an_error_of_the_block():
    def fail():
        with held_back():
            press()
            raise OSError

    with pytest.raises(KeyboardInterrupt):
        fail()


def test_a_second_ctrl_c_breaks_the_block_off(done):
    def insist():
        with held_back():
            press()
            press()
            done.append("the block")

    with pytest.raises(KeyboardInterrupt):
        insist()
    assert done == []


def test_a_block_in_a_block_leaves_ctrl_c_to_the_outer_one(done):
    def nested():
        with held_back():
            with held_back():
                press()
            done.append("the outer block")

    with pytest.raises(KeyboardInterrupt):
        nested()
    assert done == ["the outer block"]


def test_another_thread_leaves_ctrl_c_to_the_main_one():
    handlers = []

    def look():
        with handled(lambda *_: None):
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]
