"""The plugin in separate processes: what its calls return there, and what they leave behind."""
