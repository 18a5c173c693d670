"""Which checks a site gets, and running them side by side."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from resumectl.smoke import access, counter, headers, pages
from resumectl.smoke.http import Http
from resumectl.smoke.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from resumectl.smoke.check import Check, Probe
    from resumectl.smoke.target import Target

FIRST = "page"


def run(
    target: Target,
    *,
    http: Http | None = None,
    pace: Pace | None = None,
    on_check: Callable[[Check], None] | None = None,
) -> tuple[Check, ...]:
    """Prove that the site is live and does what it should.

    All checks start at once and share one budget. When the first of them gives up without any answer, the others do not
    go on waiting for one.

    Args:
        target: what to prove.
        http: the connections to use; made and closed here when None.
        pace: how patiently to try.
        on_check: called in the caller's thread with each check, always in the same order.

    Returns:
        The checks, always in the same order.
    """
    with ExitStack() as stack:
        connections = http or stack.enter_context(Http())
        return _side_by_side(probes(target, connections), pace or Pace(), on_check or _ignore)


def probes(target: Target, http: Http) -> Mapping[str, Probe]:
    """The checks of a site by name, in the order they are shown."""
    found: dict[str, Probe] = {FIRST: partial(pages.file, target, http, "index.html")}
    found["compressed page"] = partial(pages.compressed, target, http)
    for key in target.sample():
        found[f"file {key}"] = partial(pages.file, target, http, key)
    found["missing page"] = partial(pages.missing, target, http)
    found["security headers"] = partial(headers.security_headers, target, http)
    if target.secure:
        found["redirect to https"] = partial(access.redirect, target, http)
        found["certificate"] = partial(access.certificate, target, http)
    if target.bucket_url is not None:
        found["private bucket"] = partial(access.bucket, http, target.bucket_url)
    found["counter"] = partial(counter.counts, target, http)
    found["counter, wrong method"] = partial(counter.wrong_method, target, http)
    found["counter, bad page"] = partial(counter.bad_page, target, http)
    return found


def _side_by_side(
    probes: Mapping[str, Probe], pace: Pace, on_check: Callable[[Check], None]
) -> tuple[Check, ...]:
    from concurrent.futures import ThreadPoolExecutor

    stop, began, checks = threading.Event(), pace.clock(), []
    pool = ThreadPoolExecutor(len(probes), thread_name_prefix="smoke")
    try:
        for future in [
            pool.submit(_follow, pace, name, probe, began, stop) for name, probe in probes.items()
        ]:
            checks.append(future.result())
            on_check(checks[-1])
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
    return tuple(checks)


def _follow(pace: Pace, name: str, probe: Probe, began: float, stop: threading.Event) -> Check:
    check, reached = pace.follow(name, probe, began, stop)
    if name == FIRST and not reached:
        stop.set()
    return check


def _ignore(_check: Check) -> None: ...
