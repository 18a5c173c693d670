"""The verbs. Each module reads as the story of one command; each choice of two snapshots is made here."""
