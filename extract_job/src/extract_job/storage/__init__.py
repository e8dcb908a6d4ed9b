"""Where the job writes: a local disk or S3."""
