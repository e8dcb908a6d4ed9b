"""From the bytes of `<source>.yml` to a SourceConfig: reading, keys, values, tiers, settings, JSON Schema."""
