"""The page builder: a JSON Resume and templates become finished pages."""
