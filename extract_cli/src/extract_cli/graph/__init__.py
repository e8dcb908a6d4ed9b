"""A state machine as a picture: its states and transitions, where they are placed, and the SVG."""
