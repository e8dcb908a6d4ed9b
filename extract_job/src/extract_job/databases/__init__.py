"""One package per database, and what the databases share."""
