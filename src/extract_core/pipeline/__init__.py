"""From extract.toml to a Pipeline, and the parts of one at work."""
