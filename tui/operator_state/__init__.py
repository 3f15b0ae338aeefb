"""State of one operator's own: kept beside no palace, and never in it."""
