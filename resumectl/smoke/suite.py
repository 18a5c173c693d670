"""The checks of a site, run side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from resumectl.smoke import access, counter, headers, pages
from resumectl.smoke.http import Http
from resumectl.smoke.pace import Pace
from resumectl.smoke.verdict import BUCKET, judged

if TYPE_CHECKING:
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
    """Run the smoke test.

    All checks start at once and share one time budget. If the first one gives up without any
    response, the others stop retrying.

    `on_check` is called in the caller's thread with each check; the order is always the same, there
    and in what is returned. Without `http`, connections are opened and closed here.
    """
    with ExitStack() as stack:
        connections = http or stack.enter_context(Http())
        report = on_check or (lambda _check: None)
        return judged(side_by_side(probes(target, connections), pace or Pace(), report))


def probes(target: Target, http: Http) -> Mapping[str, Probe]:
    """The probes for a site by the name of their check, in display order."""
    by_name: dict[str, Probe] = {FIRST: partial(pages.file, target, http, "index.html")}
    by_name["compressed page"] = partial(pages.compressed, target, http)
    for key in target.sample():
        by_name[f"file {key}"] = partial(pages.file, target, http, key)
    by_name["missing page"] = partial(pages.missing, target, http)
    by_name["security headers"] = partial(headers.security_headers, target, http)
    if target.secure:
        by_name["redirect to https"] = partial(access.redirect, target, http)
        by_name["certificate"] = partial(access.certificate, target, http)
    if target.bucket_url is not None:
        by_name[BUCKET] = partial(access.bucket, http, target.bucket_url)
    by_name["counter"] = partial(counter.counts, target, http)
    by_name["counter, wrong method"] = partial(counter.wrong_method, target, http)
    by_name["counter, bad page"] = partial(counter.bad_page, target, http)
    return by_name


def side_by_side(
    probes: Mapping[str, Probe], pace: Pace, on_check: Callable[[Check], None]
) -> tuple[Check, ...]:
    """Run probes in a thread each, in the order of their checks."""
    from concurrent.futures import ThreadPoolExecutor

    stop, began, checks = threading.Event(), pace.clock(), []
    pool = ThreadPoolExecutor(len(probes), thread_name_prefix="smoke")
    try:
        items = probes.items()
        for future in [pool.submit(_follow, pace, *item, began, stop) for item in items]:
            checks.append(future.result())
            on_check(checks[-1])
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
    return tuple(checks)


def _follow(pace: Pace, name: str, probe: Probe, began: float, stop: threading.Event) -> Check:
    check = pace.follow(name, probe, began, stop)
    if name == FIRST and not check.seen:
        stop.set()
    return check
