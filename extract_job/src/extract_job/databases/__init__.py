"""One package per database, and what they share: columns, watermarks, rows."""
