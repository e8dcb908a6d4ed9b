"""The job type emr_serverless: one job run a table on an EMR Serverless application."""
