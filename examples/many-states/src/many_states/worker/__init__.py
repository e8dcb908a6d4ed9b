"""The job type worker: a task token in a queue. A worker outside of AWS does the job and answers."""
