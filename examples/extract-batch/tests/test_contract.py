"""The contract of a job type, as the kit checks it."""

from __future__ import annotations

from typing import ClassVar

from extract_batch.job_type import Batch

from extract_testing import JobTypeContract


class TestBatch(JobTypeContract):
    job_type: ClassVar = Batch()
    deployment: ClassVar = {
        "job_queue": "extracts",
        "job_queues": ["extracts-large"],
        "job_definition": "extract-job",
        "job_definitions": ["extract-big:7"],
    }
    settings_examples: ClassVar = [
        {},
        {"vcpus": "0.5", "memory": "1024"},
        {"job_queue": "extracts-large", "job_definition": "extract-big:7", "vcpus": 8, "timeout_minutes": 30, "queue_minutes": 0},
    ]
