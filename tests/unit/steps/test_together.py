from __future__ import annotations

import signal
import threading

import pytest

from resumectl.steps.together import Together

LONG = 60.0  # seconds; only a failing test waits so long


def raising(error):
    def work(*_):
        raise error

    return work


def test_tasks_hand_their_results_to_one_another():
    with Together(3) as together:
        one = together(lambda: 1)
        two = together(lambda: one.result() + 1)
        together.wait()
        assert (one.result(), two.result()) == (1, 2)


def test_every_task_has_a_thread_of_its_own():
    """Each waits for the next, so a smaller pool would never end."""
    with Together(4) as together:
        gates = [threading.Event() for _ in range(4)]
        tasks = [
            together(lambda number=number: number == 3 or gates[number + 1].wait(LONG))
            for number in range(3)
        ]
        last = together(lambda: [gate.set() for gate in gates])
        together.wait()
        assert [task.result() for task in tasks] == [True] * 3
        assert last.done()


def test_the_first_failure_is_raised_and_stops_the_others():
    with Together(2) as together:

        def patient():
            stopped = together.stop.wait(LONG)
            raise ValueError("because it was stopped" if stopped else "because it waited too long")

        waiting = together(patient)
        together(raising(LookupError("first")))
        with pytest.raises(LookupError, match="first"):
            together.wait()
        assert str(waiting.exception()) == "because it was stopped"


def test_a_task_that_waited_for_a_failed_one_does_not_hide_the_failure():
    error = LookupError("first")
    with Together(2) as together:
        failed = together(raising(error))
        together(failed.result)
        with pytest.raises(LookupError) as caught:
            together.wait()
        assert caught.value is error


def test_an_interrupt_in_a_task_is_raised_too():
    with Together(1) as together:
        together(raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            together.wait()
        assert together.stop.is_set()


def test_an_interrupt_of_the_waiting_thread_stops_the_tasks_and_waits_for_them():
    """Also if the kernel gives the signal to another thread, which does not wake the waiting one.

    SIGUSR1 instead of SIGINT, which is ignored in the background.
    """
    started, ended = threading.Event(), threading.Event()

    def interrupted():
        with Together(1) as together:

            def patient():
                started.wait(LONG)
                signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
                if together.stop.wait(LONG):
                    ended.set()

            together(patient)
            started.set()
            together.wait()

    before = signal.signal(signal.SIGUSR1, raising(KeyboardInterrupt()))
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert ended.is_set()


def test_success_stops_nothing():
    with Together(1) as together:
        together(lambda: None)
        together.wait()
    assert not together.stop.is_set()
