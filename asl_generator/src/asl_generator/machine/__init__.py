"""The frame of every machine: its core states, and the last steps to a definition."""
