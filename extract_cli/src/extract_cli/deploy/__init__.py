"""The commands `extract deploy …`: a module per command, imported when it is called."""
