"""extract_core."""
