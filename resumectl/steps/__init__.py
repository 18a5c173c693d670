"""What commands are made of. Steps know the protocol of a part (`part.py`), never a part."""
