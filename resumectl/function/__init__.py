"""The function part: the code behind the alias, and that it runs with the current settings.

`archive` zips a folder, `handler` makes sure that Lambda can import the zip, `deployed` reads what
is live, `publish` puts an archive behind the alias and `restore` an older version, `health` calls a
version before it gets traffic, and `settling` waits around Lambda's writes.
"""
