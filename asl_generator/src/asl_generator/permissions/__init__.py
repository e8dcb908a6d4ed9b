"""What each role of a pipeline may do, and why: the grants of the core and of the job types, as policy documents."""

from asl_generator.permissions.granted import Granted, policy_document
from asl_generator.permissions.roles import SCHEDULER, STATE_MACHINE, roles

__all__ = ["SCHEDULER", "STATE_MACHINE", "Granted", "policy_document", "roles"]
