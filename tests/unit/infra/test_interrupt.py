from __future__ import annotations

import signal
import threading

import pytest

from resumectl.infra.interrupt import Stop


@pytest.fixture
def sent():
    """The signals that Terraform got."""
    return []


@pytest.fixture
def notes():
    return []


@pytest.fixture
def stop(sent, notes):
    return Stop(sent.append, notes.append)


def press(stop, *, abandoned=False):
    stop.interrupts += 1
    stop.look(abandoned=abandoned)


def test_without_an_interrupt_terraform_is_left_alone(stop, sent, notes):
    stop.look(abandoned=False)
    assert (sent, notes) == ([], [])


def test_the_first_gets_through_the_second_does_not_and_all_later_ones_do(stop, sent, notes):
    counts = []
    for _ in range(4):
        press(stop)
        counts.append((len(sent), len(notes)))
    assert counts == [(1, 1), (1, 2), (2, 2), (3, 2)]
    assert set(sent) == {signal.SIGINT}


def test_a_run_that_nobody_needs_is_stopped_once(stop, sent, notes):
    stop.look(abandoned=True)
    stop.look(abandoned=True)
    assert (sent, notes) == ([signal.SIGINT], [])


def test_the_first_after_that_is_held_back(stop, sent, notes):
    stop.look(abandoned=True)
    press(stop, abandoned=True)
    assert (len(sent), len(notes)) == (1, 1)
    press(stop, abandoned=True)
    assert len(sent) == 2


def test_interrupts_between_two_looks_are_all_counted(stop, sent):
    stop.interrupts = 3
    stop.look(abandoned=False)
    assert len(sent) == 2


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_a_signal_that_is_handled_otherwise_stays_so(stop, handler):
    before = signal.signal(signal.SIGTERM, handler)
    with stop.on_signals():
        assert signal.getsignal(signal.SIGTERM) is handler
    assert signal.getsignal(signal.SIGTERM) is handler
    signal.signal(signal.SIGTERM, before)


def test_another_thread_leaves_the_signals_alone(stop):
    seen = []

    def run():
        before = signal.getsignal(signal.SIGINT)
        with stop.on_signals():
            seen.append(signal.getsignal(signal.SIGINT) is before)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [True]
