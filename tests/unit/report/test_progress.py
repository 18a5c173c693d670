from __future__ import annotations

import io
import re
import threading

import pytest
from rich.console import Console

from resumectl.progress import Step
from resumectl.report.progress import LiveProgress, PlainProgress

UPLOAD, BUILD, PLAN, APPLY = (
    Step(name.lower().replace(" ", "-"), name)
    for name in ("Upload the site", "Build the site", "Plan", "Apply")
)
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


# --- plain lines


@pytest.fixture
def out():
    return io.StringIO()


def test_a_step_is_one_line_with_its_label_when_it_ends(out):
    plain = PlainProgress(out)
    plain.start(UPLOAD)
    assert out.getvalue() == ""
    plain.update(UPLOAD, "1 of 2")
    plain.update(UPLOAD, "2 of 2")
    plain.finish(UPLOAD, 1.25, ok=True)
    assert out.getvalue() == f"ok      1.2 s  {'Upload the site':<30} 2 of 2\n"


def test_a_step_that_failed(out):
    PlainProgress(out).finish(PLAN, 0.0, ok=False)
    assert re.fullmatch(r"FAIL +0\.0 s  Plan\n", out.getvalue())


def test_each_step_has_its_own_detail(out):
    plain = PlainProgress(out)
    plain.update(PLAN, "of the plan")
    for step in (UPLOAD, PLAN, PLAN):
        plain.finish(step, 0, ok=True)
    assert ["of the plan" in line for line in out.getvalue().splitlines()] == [False, True, False]


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
    """Whether nothing draws any more; a stopped thread may finish its last frame."""
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
    live.start(PLAN)
    live.start(BUILD)
    live.update(BUILD, "3 files")
    live.finish(BUILD, 0.5, ok=True)
    live.finish(PLAN, 2.0, ok=False)
    lines = shown(out)
    assert any(re.fullmatch(r" *✓ +0\.5 s Build the site +3 files", line) for line in lines)
    assert any(re.fullmatch(r" *✗ +2\.0 s Plan", line) for line in lines)
    assert stopped()


def test_a_reading_command_leaves_only_what_failed(out, console):
    live = LiveProgress(console, keep=False)
    for step, ok in ((BUILD, True), (PLAN, False)):
        live.start(step)
        live.finish(step, 0.5, ok=ok)
    assert "✓" not in out.getvalue()
    assert re.search(r"✗ +0\.5 s Plan", out.getvalue())


def test_what_runs_shows_its_detail_and_its_clock(console):
    times = iter([10.0, 13.0])
    live = LiveProgress(console)
    live.start(PLAN)
    live.update(PLAN, "5 [looked] at")
    live.update(APPLY, "never started")
    live._running["plan"].began = next(times)
    console.get_time = lambda: next(times, 13.0)
    with console.capture() as captured:
        console.print(live._render())
    live.finish(PLAN, 1, ok=True)
    assert re.search(r"3\.0 s Plan +5 \[looked\] at", captured.get())


def test_nothing_is_drawn_while_paused(console):
    live = LiveProgress(console)
    live.start(PLAN)
    assert drawing()
    with live.paused():
        assert stopped()
    live.start(APPLY)
    assert drawing()
    live.finish(APPLY, 0, ok=True)
    live.finish(PLAN, 0, ok=True)
    assert stopped()


def test_an_ended_step_is_folded_and_a_running_one_cut(out):
    narrow = Console(file=out, force_terminal=True, width=60, height=24, color_system=None)
    live = LiveProgress(narrow)
    live.start(PLAN)
    live.update(PLAN, "one two three four five six")
    with narrow.capture() as captured:
        narrow.print(live._render())
    live.finish(PLAN, 1, ok=True)
    assert ("…" in captured.get(), captured.get().count("\n")) == (True, 1)
    ended = "\n".join(line for line in shown(out) if "…" not in line)
    assert ("five" in ended, "six" in ended) == (True, True)


def test_a_note_is_shown_as_it_is(out, console):
    LiveProgress(console).note("Took over [the] lock.")
    assert "Took over [the] lock." in out.getvalue()


def test_steps_of_many_threads(out, console):
    live = LiveProgress(console)

    def work(number):
        step = Step(f"step-{number}", f"step {number}")
        live.start(step)
        live.update(step, "half")
        live.finish(step, 0.1, ok=True)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(re.findall(r"✓ +0\.1 s (step \d)", "\n".join(shown(out)))) == {
        f"step {n}" for n in range(8)
    }
    assert stopped()
