"""The rules of goals: pure, no clock and no disk."""
