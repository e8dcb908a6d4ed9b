"""The kit for plugin authors: the contract of a job type as tests (JobTypeContract), and its checks one by one (CHECKS).

Install it with ``pip install 'extract-sfn[testing]'``; with boto3 beside it, requests are compared with the services' APIs.
"""

from extract_testing.broken import Breach, ContractBroken, NotChecked
from extract_testing.checks import CHECKS
from extract_testing.subject import Subject
from extract_testing.suite import JobTypeContract

__all__ = ["CHECKS", "Breach", "ContractBroken", "JobTypeContract", "NotChecked", "Subject"]
