"""Renderers: a command's JSON document (`docs/json.md`) for a terminal, GitHub Actions or JUnit.

`console` knows which page shows which command; `words` is the vocabulary of all pages.
"""
