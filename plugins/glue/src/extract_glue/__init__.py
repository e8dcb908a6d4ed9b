"""extract_glue."""
