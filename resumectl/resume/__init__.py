"""The resume: a JSON Resume and templates become finished pages."""
