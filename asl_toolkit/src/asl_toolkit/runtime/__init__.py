"""What runs a loaded machine: an event loop of one thread, its states, and the history that they leave."""
