"""The job type worker: a task token in a queue; a worker on one's own premises does the job and answers."""
