"""extract_job."""
