"""extract_emr."""
