"""What each class of failure means, and what a person can do about it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Advice(NamedTuple):
    """The meaning of a class of failure, and the remedy."""

    meaning: str
    remedy: str


ADVICE: Final[dict[str, Advice]] = {
    "USER_CODE": Advice(
        "The job's own code failed: it raised an error or exited with a code other than 0.",
        "Read the job's log. Fix the script, the query or the table in the source, then rerun.",
    ),
    "CONFIG": Advice(
        "A setting is wrong or names something that does not exist.",
        "Fix the config as the reason says, check it with `extract validate`, then `extract rerun RUN`.",
    ),
    "PERMISSION": Advice(
        "A role or the user of the database may not do what the job needs, or the password is wrong.",
        "AWS: grant the action that the reason names to the role that it names. Database: check the user, its rights and the "
        "secret (`db_secret`; on one machine `PGUSER` and `PGPASSWORD`). Then rerun.",
    ),
    "CAPACITY": Advice(
        "There was no room: the service had no workers, addresses or hosts, or the database had no connection or was locked.",
        "Rerun later. Service: lower `max_concurrency`, raise the quota, or add subnets or instance types. "
        "Database: find the session that holds the lock; a `pool` limits the connections.",
    ),
    "THROTTLED": Advice(
        "The service refused requests: a rate limit or a limit of concurrent jobs was reached.",
        "Rerun. If it happens often, lower `max_concurrency` or raise the quota of the service.",
    ),
    "START": Advice(
        "The job never began to run: its image, its network interface or its bootstrap failed.",
        "Check image, subnets, security groups and bootstrap of the job type's deployment (`extract doctor`), then rerun.",
    ),
    "OUT_OF_MEMORY": Advice(
        "The job needed more memory than it had.",
        "Give the table a larger worker or a smaller `fetchsize`, and start a new run of it with `extract run SOURCE TABLE`: a "
        "rerun keeps the settings. Or raise `max_attempts`: further attempts get larger settings.",
    ),
    "INTERRUPTED": Advice(
        "The host was taken away (spot interruption, maintenance, host failure), or the process of the job was killed.",
        "Rerun. If it happens often, use on-demand capacity or raise `max_attempts`.",
    ),
    "TIMEOUT": Advice(
        "The job took longer than its time limit.",
        "Check for a lock or a slow query in the source, then rerun. If the table needs more time, raise its `timeout_minutes` "
        "or read it in partitions, and start a new run of it with `extract run SOURCE TABLE`: a rerun keeps the settings.",
    ),
    "STOPPED": Advice(
        "A person or an abort of the execution stopped the job.",
        "Find out who stopped the run and why, then rerun.",
    ),
    "INTERNAL": Advice(
        "The service itself failed.",
        "Rerun. If it goes on, look at the AWS Health Dashboard.",
    ),
    "NO_RESULT": Advice(
        "The job ended well but its result object is missing, or its files do not match it. Nothing was committed.",
        "Check that the script writes the result object to `--result_uri` as its last step, then rerun.",
    ),
    "CONFLICT": Advice(
        "The table cannot go on from the committed state: another run took it, or its watermark moved. Nothing was committed.",
        "Follow the reason. If another run has the table, wait for that run and rerun.",
    ),
    "PROOF": Advice(
        "The files differ from what the source had. Nothing was committed.",
        "Compare the numbers in the reason, then rerun. If it fails again, the script loses or changes rows: fix it.",
    ),
    "NOT_RECORDED": Advice(
        "The table was planned, but no end of it was recorded.",
        "Look at the table's iteration in the execution's history. Run `extract reconcile`, then rerun.",
    ),
    "UNKNOWN": Advice(
        "The service's answer does not say why the job failed.",
        "Read the job's log and its page in the console of the service.",
    ),
}
"""By class of failure. A class that is missing here has the advice of UNKNOWN."""


def advice(failure: str) -> Advice:
    """The advice for this class of failure."""
    return ADVICE.get(failure, ADVICE["UNKNOWN"])
