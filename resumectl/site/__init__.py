"""The site part: built, scanned, compared, uploaded and invalidated."""
