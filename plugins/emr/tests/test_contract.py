"""The three job types of EMR keep the plugin contract."""

from __future__ import annotations

from typing import ClassVar

from extract_emr.eks.job_type import EmrEks
from extract_emr.job_type import Emr
from extract_emr.serverless.job_type import EmrServerless
from extract_testing import JobTypeContract

ROLE = "arn:aws:iam::123456789012:role/extract-job"


class TestEmr(JobTypeContract):
    job_type: ClassVar = Emr()
    deployment: ClassVar = {"cluster_id": "j-3KVT5M2Q9Z7UG", "scripts_uri": "s3://code/scripts/", "execution_role_arn": ROLE}
    settings_examples: ClassVar = [
        {},
        {"script_name": "jdbc.py", "deploy_mode": "client", "spark_submit_args": ["--conf", "a=b c"]},
    ]


class TestEmrServerless(JobTypeContract):
    job_type: ClassVar = EmrServerless()
    deployment: ClassVar = {"application_id": "00fexample12345", "execution_role_arn": ROLE, "scripts_uri": "s3://code/scripts/"}
    settings_examples: ClassVar = [{}, {"script_name": "jdbc.py", "executor_memory": "8g"}]


class TestEmrOnEks(JobTypeContract):
    job_type: ClassVar = EmrEks()
    deployment: ClassVar = {
        "virtual_cluster_id": "a1b2c3d4e5f6g7h8i9j0k1l2m",
        "release_label": "emr-7.9.0-latest",
        "execution_role_arn": ROLE,
        "scripts_uri": "s3://code/scripts/",
    }
    settings_examples: ClassVar = [{}, {"script_name": "jdbc.py", "executor_memory": "8g"}]
