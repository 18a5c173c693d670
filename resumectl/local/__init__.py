"""The embedded cloud: MiniStack as a background process of one project, on this machine only."""
