from __future__ import annotations

import io
import re
import threading

import pytest
from rich.console import Console

from resumectl.report.progress import LiveProgress, PlainProgress

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


# --- plain lines


@pytest.fixture
def out():
    return io.StringIO()


def test_a_step_is_one_line_when_it_ends(out):
    plain = PlainProgress(out)
    plain.start("Upload the site")
    assert out.getvalue() == ""
    plain.update("Upload the site", "1 of 2")
    plain.update("Upload the site", "2 of 2")
    plain.finish("Upload the site", 1.25, ok=True)
    assert out.getvalue() == f"ok   {'Upload the site':<30} {'2 of 2':<28}    1.2 s\n"


def test_a_step_that_failed(out):
    PlainProgress(out).finish("Plan", 0.0, ok=False)
    assert re.fullmatch(r"FAIL Plan +0\.0 s\n", out.getvalue())


def test_each_step_has_its_own_detail(out):
    plain = PlainProgress(out)
    plain.update("a", "of a")
    plain.finish("b", 0, ok=True)
    plain.finish("a", 0, ok=True)
    plain.finish("a", 0, ok=True)
    assert ["of a" in line for line in out.getvalue().splitlines()] == [False, True, False]


def test_a_note(out):
    with PlainProgress(out).paused():
        PlainProgress(out).note("Took over the lock.")
    assert out.getvalue() == "note Took over the lock.\n"


def test_plain_lines_go_to_stderr(capsys):
    PlainProgress().note("talk")
    assert capsys.readouterr() == ("", "note talk\n")


def test_lines_of_threads_are_whole(out):
    plain = PlainProgress(out)
    threads = [threading.Thread(target=plain.note, args=(f"{n}" * 50,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(out.getvalue().split()) == sorted(["note"] * 8 + [f"{n}" * 50 for n in range(8)])


# --- a live list


def drawing():
    return [thread for thread in threading.enumerate() if "rich" in type(thread).__module__]


def stopped():
    """Whether nothing draws any more; what was told to stop may finish its last frame."""
    for thread in drawing():
        thread.join(5)
    return not drawing()


@pytest.fixture
def console(out):
    return Console(file=out, force_terminal=True, width=90, color_system=None)


def shown(out):
    return [
        line.rstrip()
        for line in CODES.sub("", out.getvalue()).replace("\r", "\n").splitlines()
        if line.strip()
    ]


def test_steps_that_ended_stay_on_the_screen(out, console):
    live = LiveProgress(console)
    live.start("Plan")
    live.start("Build the site")
    live.update("Build the site", "3 files")
    live.finish("Build the site", 0.5, ok=True)
    live.finish("Plan", 2.0, ok=False)
    lines = shown(out)
    assert any(re.fullmatch(r" *✓ Build the site +3 files +0\.5 s", line) for line in lines)
    assert any(re.fullmatch(r" *✗ Plan +2\.0 s", line) for line in lines)
    assert stopped()


def test_a_reading_command_leaves_only_what_failed(out, console):
    live = LiveProgress(console, keep=False)
    for name, ok in (("Look", True), ("Plan", False)):
        live.start(name)
        live.finish(name, 0.5, ok=ok)
    assert "✓" not in out.getvalue()
    assert "✗ Plan" in out.getvalue()


def test_what_runs_shows_its_detail_and_its_clock(console):
    times = iter([10.0, 13.0])
    live = LiveProgress(console)
    live.start("Plan")
    live.update("Plan", "5 [looked] at")
    live.update("other", "never started")
    live._running["Plan"].began = next(times)
    console.get_time = lambda: next(times, 13.0)
    with console.capture() as captured:
        console.print(live._render())
    live.finish("Plan", 1, ok=True)
    assert re.search(r"Plan +5 \[looked\] at +3\.0 s", captured.get())


def test_nothing_is_drawn_while_paused(console):
    live = LiveProgress(console)
    live.start("Plan")
    assert drawing()
    with live.paused():
        assert stopped()
    live.start("Apply")
    assert drawing()
    live.finish("Apply", 0, ok=True)
    live.finish("Plan", 0, ok=True)
    assert stopped()


def test_a_note_is_shown_as_it_is(out, console):
    LiveProgress(console).note("Took over [the] lock.")
    assert "Took over [the] lock." in out.getvalue()


def test_steps_of_many_threads(out, console):
    live = LiveProgress(console)

    def work(number):
        live.start(f"step {number}")
        live.update(f"step {number}", "going")
        live.finish(f"step {number}", 0.1, ok=True)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(re.findall(r"✓ (step \d)", "\n".join(shown(out)))) == {f"step {n}" for n in range(8)}
    assert stopped()
