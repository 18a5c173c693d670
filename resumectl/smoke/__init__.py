"""The smoke test: checks of a live site through its public URL, as visitors reach it.

`run(target)` checks the site, counter, certificate and bucket side by side and returns the checks.
A check never raises: its detail says what went wrong.
"""
