"""Renderers: one value, a JSON document as `docs/json.md` describes it, shown on a terminal, in CI, or as it is."""
