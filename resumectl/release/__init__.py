"""What was released: the project bucket, the ledger of releases, the deploy lock."""
