"""glue keeps the plugin contract."""

from __future__ import annotations

from typing import ClassVar

from extract_glue.job_type import Glue
from extract_testing import JobTypeContract


class TestGlue(JobTypeContract):
    job_type: ClassVar = Glue()
    deployment: ClassVar = {
        "job_name": "extract-jdbc",
        "job_names": ["extract-big"],
        "security_configuration": "encrypted",
        "job_run_queuing": True,
    }
    settings_examples: ClassVar = [
        {},
        {"worker_no": "4", "worker_type": "G.2X", "execution_class": "FLEX", "timeout_minutes": 90, "job_name": "extract-big"},
    ]
