"""`SyncJob`, the base of job types for services that Step Functions starts and waits for, and what it does with their answers."""
