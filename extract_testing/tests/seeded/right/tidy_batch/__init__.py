"""Right: AWS Batch as a JobType of one Task, with diagnose, stop, retries, escalation, and each hook."""

from dataclasses import replace

from extract_core import hookimpl

OWNERS = {"public.accounts": "billing"}


@hookimpl
def extract_job_types():
    from tidy_batch.job import Tidy

    return [Tidy()]


@hookimpl
def extract_amend_arguments(table):
    owner = OWNERS.get(table.table, "data")
    return {"--owner": owner}


@hookimpl
def extract_run_finished(table, status):
    line = f"{table['table']} attempt {table['attempt']}: {status.state} {status.message or ''}"
    replace(status, message=line)


@hookimpl
def extract_state_machine(definition):
    return {**definition, "Comment": "Extracts, owned by billing"}
