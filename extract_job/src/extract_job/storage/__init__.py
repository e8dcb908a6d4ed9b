"""Where the job writes: a folder and a result object, on the local disk or in S3."""
