"""The function part: zipped, published, checked, and moved behind the alias."""
