"""The plugin in processes of its own: what its calls return there, and what they leave behind."""
