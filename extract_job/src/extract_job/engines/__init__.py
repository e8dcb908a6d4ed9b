"""The engines: how the rows move from the database into files. Everything else is the same for all of them."""
