"""The demo's data: the source database that `extract demo` makes, and the judge of what came out of it."""
