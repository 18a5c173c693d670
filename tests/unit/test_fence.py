from __future__ import annotations

import threading

import pytest

from resumectl.errors import Locked
from resumectl.fence import Fence


class Lost:
    """A lock that was lost."""

    def __init__(self):
        self.lost = threading.Event()
        self.lost.set()

    def prove(self):
        raise Locked("lost")


def test_without_a_lock_every_write_passes():
    fence = Fence()
    fence.require()
    assert not fence.lost.is_set()


def test_a_lost_lock_stops_every_write_of_the_block():
    fence = Fence()
    with fence.around(Lost()):
        assert fence.lost.is_set()
        with pytest.raises(Locked):
            fence.require()


def test_the_fence_ends_with_the_block():
    fence = Fence()
    with pytest.raises(ZeroDivisionError), fence.around(Lost()):
        raise ZeroDivisionError
    fence.require()
    assert not fence.lost.is_set()
