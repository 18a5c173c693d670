"""The embedded cloud: MiniStack as a background process of one project, bound to this machine."""
