"""The smoke test: checks of a live site through its public URL, as visitors reach it."""
