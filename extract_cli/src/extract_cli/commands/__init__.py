"""The commands of `extract`, one module each. They are imported when they are called."""
