"""The kit for plugin authors: the contract of a job type as a test class (JobTypeContract) and as single checks (CHECKS).

Its distribution is extract-sfn-testing; docs/start.md says how to install it.
With boto3 installed, requests are compared with the services' APIs.
"""

from extract_testing.breaches import Breach, ContractBroken, NotChecked
from extract_testing.checks import CHECKS
from extract_testing.subject.subject import Subject
from extract_testing.suite import JobTypeContract

__all__ = ["CHECKS", "Breach", "ContractBroken", "JobTypeContract", "NotChecked", "Subject"]
