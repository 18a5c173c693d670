"""The site: scanned, compared, uploaded and invalidated."""
