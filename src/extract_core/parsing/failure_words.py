"""The class of failure that the words of a reason indicate: words of AWS, Spark, databases and the kernel, not of a script.

A reason often quotes the job: ``ValueError: unknown resource: x`` is not a lack of resources. So each row of the table
matches only what a service writes. There are two kinds of patterns:

- *forms* count anywhere: their punctuation and names are the service's (``is not authorized to perform: s3:GetObject``);
- *sentences* of a service count at the beginning of a sentence, but not in the message of an exception that Python code raises.

Sources: the troubleshooting pages of the Glue, EMR, ECS and Batch guides; S3's error responses; Spark's and YARN's diagnostics;
PostgreSQL's appendix of error codes; Oracle's, MySQL's and SQL Server's error messages.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from extract_core.contract import FailureClass
from extract_core.parsing.error_codes import classes_in

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Row(NamedTuple):
    failure: FailureClass
    sentences: Sequence[str]
    forms: Sequence[str]


_ADDRESSES: Final = r"\b(?:not (?:have )?enough|[Ii]nsufficient|[Nn]o) (?:(?:free|available|private|IP) ?)+addresses"

_ROWS: Final = (
    _Row(
        FailureClass.THROTTLED,
        (
            r"Rate exceeded(?: for shard|\W|\Z)",
            r"Request limit exceeded",
            r"Too [Mm]any [Rr]equests\b",
            r"Slow [Dd]own(?= \(|\Z|\.)",
            r"Please reduce your request rate",
            r"Reduce your request rate",
            r"(?:Max )?[Cc]oncurrent (?:job )?runs?(?: per \w+)? exceeded",
            r"(?:Exceeded )?[Mm]aximum concurrent runs(?= exceeded|\.|\Z)",
        ),
        (
            r"\bError Category: THROTTLING",
            r"\bThrottl(?:ing|ed)(?:Exception|Error)\b(?!['\"])",
            r"\btoomanyrequests: ",
            r"reached your pull rate limit",
            r"\b429 Too Many Requests\b",
            r"configured provisioned throughput for the table was exceeded",
        ),
    ),
    _Row(
        FailureClass.PERMISSION,
        (
            r"Access Denied(?=\s*(?:[(.:;,)\"']|\n|\Z))",
            r"The security token included in the request is (?:invalid|expired)",
            r"Access denied for user '",
            r"Failed to call ec2:\w",
            r"Describe\w+ action is unauthorized",
            r"The AWS Access Key Id you provided does not exist",
            r"Insufficient Lake Formation permission",
            r"(?:S3|Logs) access is denied\b",
            r"(?:user )?not authorized to perform\b",
            r"Login failed for user\b",
            r"(?:FATAL: +)?password authentication failed for user",
            r"[Pp]ermission denied(?=:|\Z| for )",
        ),
        (
            r"\bError Category: (?:PERMISSION|LAKEFORMATION)",
            r"\bis not authorized to (?:perform: ?\w|assume\b)",
            r"not authorized to perform: \w+:\w",
            r"(?:[Uu]nable to|[Cc]ould not|[Cc]annot|[Ff]ailed to) assume (?:(?:the|runtime|execution|provided) )*role",
            r"should be given assume role permissions",
            r"\bUnauthorizedOperation\b",
            r"cannot be assumed by\b",
            r"[Rr]equired \w+ on \S+ \(Service: (?:AWS)?(?:Glue|LakeFormation)",
            r"\bORA-(?:01017|01031|01045|28000|28001)\b",
            r"\bpermission denied for (?:table|relation|schema|database|view|sequence|function|column)\b",
            r"no pg_hba\.conf entry for host",
            r"command denied to user '",
            r"permission was denied on the object '",
            r"\[Errno 13\] Permission denied",
            r"AccessControlException: Permission denied",
            r"Access denied for user '[^']*'@",
            r"FATAL: +password authentication failed",
            r"Your password has expired\b",
            r"is not permitted to log in\b",
        ),
    ),
    _Row(
        FailureClass.OUT_OF_MEMORY,
        (r"[Oo]ut of [Mm]emory\b", r"MemoryError\b", r"Java heap space", r"GC overhead limit exceeded"),
        (
            r"\bOutOfMemoryError\b",
            r"\bError Category: (?:OUT_OF_MEMORY|DISK_NO_SPACE)",
            r"[Dd]ue to [Oo]ut of [Mm]emory",
            r"(?<!['\"\w])MemoryError\b(?!['\"])",
            r"\bOutOfMemory\b(?!['\"])",
            r"exceeding (?:\w+ )?memory limits",
            r"beyond (?:the )?'?(?:physical|virtual|PHYSICAL|VIRTUAL)'? memory limit",
            r"memory usage exceeded configured memory size",
            r"[Ee]xit(?:ed with)? ?(?:[Cc]ode|status)(?: is)?:? 137\b",
            r"\bOOMKilled\b",
            # Spark's scratch disk comes with the size of the worker, as its memory does; any other full disk stays full
            r"\bIOException: No space left on device",
            r"\b(?:shuffle|spill|[Bb]lock ?[Mm](?:ana)?ge?r|[Ee]xecutor)[\s\S]{0,200}No space left on device",
            r"No space left on device[\s\S]{0,200}\b(?:shuffle|spill|[Bb]lock ?[Mm](?:ana)?ge?r|[Ee]xecutor)",
        ),
    ),
    _Row(
        FailureClass.INTERRUPTED,
        (r"(?:Your )?[Ss]pot (?:Task|Instance|task|instance) (?:was|is being) interrupted", r"[Ss]pot interruption\b"),
        (
            r"\bHost EC2 \(instance [^)]{1,40}\) (?:stopped|terminated)",
            r"Your Spot (?:Task|Instance) was interrupted",
            r"performing maintenance on the underlying infrastructure",
            r"Container released on a \*?lost\*? node",
            r"Exit status: -100\b",
            r"\bkilled by SIGKILL; (?:it wrote nothing|the last that it wrote)",  # `process_end.reason`, on one machine
        ),
    ),
    _Row(
        FailureClass.CAPACITY,
        (
            r"Resource [Uu]navailable",
            r"(?:C|Fargate c)apacity is unavailable at this time",
            r"RESOURCE:[A-Z*]",
            r"Insufficient (?:\w+ )?capacity\b",
            r"Tasks provisioning capacity limit",
            r"(?:Max|Exceeded maximum|[Mm]aximum) concurrent (?:compute|capacity)\b",
            r"Maximum number of active steps",
            r"CapacityError: ",
        ),
        (
            rf"\b[Ss]ubnets?\b[^.\n]{{0,120}}{_ADDRESSES}",
            rf"{_ADDRESSES}[^.\n]{{0,120}}\b[Ss]ubnet",
            r"\bInsufficientFreeAddresses",
            r"\bInsufficient\w*Capacity\b",
            r"CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
            r"No Container Instances were found in your cluster",
            r"\bdo not have sufficient \S+ capacity\b",
            r"MaxCapacityExceeded",
            r"exceeded maximumCapacity settings",
            r"Unable to provision requested \w+ compute capacity",
            r"service limit on the maximum vCPU",
            r"\breached (?:the|your) (?:limit|quota|maximum) (?:on|of|for) (?:the )?\w+",
            r"\blimit on the number of \w+ you can run",
            r"[Mm]aximum number of active steps\(State",
        ),
    ),
    _Row(
        FailureClass.INTERNAL,
        (
            r"(?:An i|I)nternal [Ss]ervice (?:error|failure|exception)\b",
            r"Internal [Ss]erver [Ee]rror\b",
            r"Service Unavailable\b",
            r"We encountered an internal error\. Please try again",
        ),
        (
            r"\bError Category: GLUE_INTERNAL_SERVICE",
            r"\bInternalService(?:Exception)?\b",
            r"\bInternalServer(?:Error|Exception)\b",
        ),
    ),
)

_OWN: Final = re.compile(
    r"(?:\A|[\n;:.]\s)(?:\w+\.)*(?:Exception|RuntimeError|ValueError|KeyError|TypeError|IndexError|AttributeError|AssertionError"
    r"|LookupError|NameError|NotImplementedError|ArithmeticError|ZeroDivisionError|UnicodeError|ImportError|ModuleNotFoundError"
    r"|SyntaxError|StopIteration|UserWarning|SystemExit|AnalysisException|ParseException)\b: ?"
)
"""The start of the message of an exception with the code's own words (Python library reference)."""

_BEGINS: Final = r"(?:\A|[.:;,(\"\n-]\s?|\bexception |\bto: ?|\berror )"


@cache
def _patterns() -> Sequence[tuple[FailureClass, re.Pattern[str], re.Pattern[str]]]:
    """Compiled on first use: a command that only loads plugins needs none of them."""
    return [
        (row.failure, re.compile(f"{_BEGINS}(?:{'|'.join(row.sentences)})"), re.compile("|".join(row.forms))) for row in _ROWS
    ]


def by_words(reason: str | None) -> FailureClass | None:
    """The class that the words of a reason of AWS or a job indicate; None if they indicate none."""
    if not reason:
        return None
    own = _OWN.search(reason)
    of_services = reason[: own.start() + 1] if own else reason
    codes = frozenset(classes_in(reason))
    for failure, sentences, forms in _patterns():
        if failure in codes or forms.search(reason) or sentences.search(of_services):
            return failure
    return None
