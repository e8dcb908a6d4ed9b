"""`extract deploy down`: deletes the stack. Data and tracking stay, unless the user asks for their deletion too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from extract_cli.deploy.asking import confirmed, say
from extract_cli.options import pipeline_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option(
    "--delete-data",
    is_flag=True,
    help="Also delete the tracking table and the buckets that the stack has made. This cannot be undone.",
)
@pipeline_option
def down(yes: bool, delete_data: bool, pipeline: Path | None) -> int:
    """Delete the stack of the pipeline.

    The tracking table, the buckets and their objects stay, and are named. With --delete-data they are deleted too: this cannot
    be undone. The bucket of the artifacts always stays.
    """
    from asl_generator.deploy.account import for_account, signed_in, stack_name
    from asl_generator.deploy.alive import runs_alive
    from asl_generator.deploy.faults import DeployError, calling_aws
    from asl_generator.deploy.kept import delete_kept, kept_by
    from asl_generator.deploy.progress import follow
    from asl_generator.deploy.stack import DESCRIPTION, stack_state
    from extract_core.errors import UsageError
    from extract_core.pipeline.read import read_pipeline
    from extract_core.wording import counted

    read = read_pipeline(pipeline)
    account = signed_in(read.region)
    placed = for_account(read, account)
    name = stack_name(placed)
    cloudformation = account.client("cloudformation")
    stack = stack_state(cloudformation, name)
    if stack is None:
        say(f"the stack {name} does not exist: there is nothing to delete")
        return 0
    if not stack.description.startswith(DESCRIPTION) and stack.description:
        raise UsageError(f"the stack {name!r} is not a pipeline of extract ({stack.description!r}): it is not deleted")
    if stack.is_busy and stack.status != "DELETE_IN_PROGRESS":
        raise DeployError(f"the stack {name!r} is changing now ({stack.status}); follow it with: extract deploy up --follow")
    if alive := runs_alive(placed, account):
        raise DeployError(
            f"{counted(len(alive), 'run')} of {name} {'is' if len(alive) == 1 else 'are'} alive ({', '.join(alive[:3])}"
            f"{', …' if len(alive) > 3 else ''}): wait until no run is alive (extract watch), or stop them"
        )
    remaining = kept_by(cloudformation, stack.id)
    for thing in remaining:
        click.secho(f"  {'deletes' if delete_data else 'keeps  '} {thing}", fg="red" if delete_data else None, err=True)
    say(f"  keeps   the artifacts in {placed.deploy.artifacts_uri}")
    words = f"Delete the stack {name} in account {account.number}" + (" and all of its data?" if delete_data else "?")
    if not confirmed(words, yes=yes):
        say("nothing was deleted")
        return 1
    with calling_aws(f"delete the stack {name!r}", "cloudformation:DeleteStack"):
        cloudformation.delete_stack(StackName=stack.id)
    ended = follow(cloudformation, stack.id, say)
    if not ended.succeeded:
        cause = ended.failures[0] if ended.failures else ended.reason
        raise DeployError(f"the stack {name!r} is in {ended.status}: {cause}; correct the cause and run the command again")
    if delete_data:
        for line in delete_kept(remaining, account):
            say(line)
    say(f"stack {name}: deleted" + ("" if delete_data or not remaining else "; these stay: " + ", ".join(map(str, remaining))))
    return 0
