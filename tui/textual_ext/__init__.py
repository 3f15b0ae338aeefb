"""What reaches into Textual itself: the only folder that may name its private attributes, each with the reason."""
