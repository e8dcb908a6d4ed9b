"""extract_local."""
