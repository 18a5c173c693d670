"""The function part: the code behind the alias, and that it runs with the current settings.

`archive` turns a folder into a zip, `handler` makes sure that Lambda could import it, `deployed`
reads what is live, `publish` puts an archive live (or an older version back), `health` calls a
version before traffic reaches it and `settling` waits around Lambda's writes.
"""
