"""`SyncJob`, the base of job types for services that Step Functions starts and waits for, and the reading of their answers."""
