"""``goals.json``: the file of goals that other programs read and write (CONTRACT 4)."""
