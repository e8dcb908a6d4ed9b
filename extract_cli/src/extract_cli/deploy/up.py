"""`extract deploy up`: the stack of the pipeline, created or changed, with a question before and progress during it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from extract_cli.deploy.asking import confirmed, say, show_changes
from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import echo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from asl_generator.deploy.account import Account
    from asl_generator.deploy.artifacts import Artifacts
    from asl_generator.deploy.stack import StackState
    from extract_core.config.model import SourceConfig
    from extract_core.pipeline.model import Pipeline


@click.command(epilog=examples("extract deploy up", "extract deploy up --yes", "extract deploy up --follow"))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--follow", "only_follow", is_flag=True, help="Follow a deployment that runs. Change nothing.")
@pipeline_option
def up(yes: bool, only_follow: bool, pipeline: Path | None) -> int:
    """Create or change the stack of the pipeline, then upload the checked configs.

    Shows each change before it asks, and each resource while it is made. If one fails, CloudFormation rolls the stack back, and
    the first cause is named. If there is nothing to change, the exit code is 0.
    """
    from asl_generator.deploy.account import for_account, signed_in, stack_name, with_places
    from asl_generator.deploy.stack import require_usable, stack_state
    from extract_cli.deploy.configs import FOLDER
    from extract_core.objects.files import file_uri
    from extract_core.pipeline.read import read_pipeline

    read = read_pipeline(pipeline)
    account = signed_in(read.region)
    placed = for_account(read, account)
    name = stack_name(placed)
    stack = stack_state(account.client("cloudformation"), name)
    if only_follow:
        return _follow_only(account, stack, name)
    require_usable(stack, name)
    if placed.is_local and placed.config_uri.rstrip("/") == file_uri(placed.folder / FOLDER):
        placed = with_places(placed)
        if not confirmed(_ask_for_places(placed), yes=yes):
            say("nothing was changed")
            return 1
    return _Deployment(read, placed, account, name, yes).run(stack)


@dataclass(frozen=True, slots=True)
class _Deployment:
    """One deployment. `read` is what extract.toml says, `placed` the same in the account of the credentials."""

    read: Pipeline
    placed: Pipeline
    account: Account
    name: str
    yes: bool

    def run(self, stack: StackState | None) -> int:
        from extract_core.objects.routed import open_objects

        artifacts, configs = self._built()
        if not self._has_room(stack):
            return 1
        store = open_objects()
        for line in artifacts.upload(store):
            say(line)
        code = self._changed(None if stack is not None and stack.is_empty else stack, artifacts)
        if code == 0:
            self._finish(configs)
        return code

    def _built(self) -> tuple[Artifacts, dict[Path, SourceConfig]]:
        """Everything that can fail without a change in AWS comes first."""
        from asl_generator.build import build_pipeline
        from asl_generator.deploy.alive import check_removed
        from asl_generator.deploy.artifacts import artifacts_of
        from asl_generator.template.assemble import check_size, template_of
        from asl_generator.template.text import as_json
        from extract_cli.deploy.configs import check_schedules, checked_configs, notes_on_files
        from extract_core.objects.routed import open_objects
        from extract_core.registry.loading import discover

        registry = discover(strict=True)
        machine = build_pipeline(self.placed, registry)
        template = template_of(self.placed, machine, registry)
        text = as_json(template)
        check_size(text)
        configs = checked_configs(self.placed, registry)
        check_schedules(configs, self.placed, open_objects())
        check_removed(self.placed, machine, self.account)
        artifacts = artifacts_of(self.placed, machine, registry, template, text)
        for note in (*notes_on_files(configs), *artifacts.notes):
            say(f"note: {note}")
        return artifacts, configs

    def _has_room(self, stack: StackState | None) -> bool:
        """Whether the bucket of the artifacts is there, and no failed stack in the way. Both are asked for."""
        from asl_generator.deploy.buckets import check_buckets, make_artifacts_bucket
        from asl_generator.deploy.progress import follow

        buckets = check_buckets(self.placed, self.account)
        if buckets.artifacts_missing:
            if not confirmed(f"There is no bucket {buckets.artifacts} for bundles and templates. Create it?", yes=self.yes):
                return False
            make_artifacts_bucket(buckets.artifacts, self.account)
            say(f"created the bucket {buckets.artifacts}")
        if stack is not None and stack.is_empty:
            question = (
                f"The stack {self.name} is in {stack.status}: its creation failed, and it cannot be changed. Delete it first?"
            )
            if not confirmed(question, yes=self.yes):
                return False
            cloudformation = self.account.client("cloudformation")
            cloudformation.delete_stack(StackName=stack.id)
            follow(cloudformation, stack.id, say)
        return True

    def _changed(self, stack: StackState | None, artifacts: Artifacts) -> int:
        from asl_generator.deploy.progress import newest_event
        from asl_generator.deploy.stack import Wanted, discard, execute, prepare

        cloudformation = self.account.client("cloudformation")
        bucket_url = f"{self.account.client('s3').meta.endpoint_url}/{artifacts.template_uri.removeprefix('s3://')}"
        wanted = Wanted(name=self.name, url=bucket_url, parameters=artifacts.parameters, tags=self.placed.deploy.tags)
        change_set = prepare(cloudformation, stack, wanted)
        if change_set is None:
            say(f"stack {self.name}: nothing to change")
            return 0
        show_changes(self.name, change_set.changes)
        try:
            agreed = confirmed("Deploy these changes?", yes=self.yes)
        except BaseException:
            discard(cloudformation, change_set)
            raise
        if not agreed:
            discard(cloudformation, change_set)
            say("nothing was changed")
            return 1
        before = newest_event(cloudformation, change_set.stack_id)
        execute(cloudformation, change_set)
        return _followed(cloudformation, change_set.stack_id, self.name, before)

    def _finish(self, configs: dict[Path, SourceConfig]) -> None:
        from extract_cli.deploy.configs import first_run, upload
        from extract_core.objects.routed import open_objects

        for uri in upload(configs, self.placed, open_objects()):
            say(f"uploaded {uri}")
        self._write_toml()
        echo(first_run(configs))

    def _write_toml(self) -> None:
        """The machine, and what extract.toml left open."""
        from asl_generator.deploy.alive import machine_arn
        from extract_cli.deploy.toml_keys import assignment, with_keys
        from extract_cli.write_file import write_file

        keys: dict[str, dict[str, str | Sequence[str]]] = {"pipeline": {}, "deploy": {}}
        for key in ("config_uri", "data_uri", "runs_uri", "tracking"):
            if getattr(self.read, key) != getattr(self.placed, key):
                keys["pipeline"][key] = getattr(self.placed, key)
        if self.read.deploy.managed != self.placed.deploy.managed:
            keys["deploy"]["managed"] = self.placed.deploy.managed
        arn = machine_arn(self.placed)
        if self.read.state_machine != arn:
            keys["pipeline"]["state_machine"] = arn
        if self.read.account != self.placed.account:
            keys["pipeline"]["account"] = self.placed.account
        if self.read.deploy.artifacts_uri is None:
            keys["deploy"]["artifacts_uri"] = self.placed.deploy.artifacts_uri or ""
        text: str | None = self.read.file.read_text(encoding="utf-8")
        for section, values in keys.items():
            text = with_keys(text, section, values) if text is not None and values else text
        lines = [f"[{section}] {assignment(key, value)}" for section, values in keys.items() for key, value in values.items()]
        if not lines:
            return
        if text is None:
            say(f"write into {self.read.file.name}: {'; '.join(lines)}")
            return
        write_file(self.read.file, text)
        say(f"wrote into {self.read.file.name}: {'; '.join(lines)}")


def _ask_for_places(pipeline: Pipeline) -> str:
    return (
        f"{pipeline.file.name} names places of this machine, which AWS cannot reach. Make the bucket "
        f"{pipeline.config_uri.split('/')[2]} and a table for tracking, and write them into {pipeline.file.name}?"
    )


def _follow_only(account: Account, stack: StackState | None, name: str) -> int:
    if stack is None or not stack.is_busy:
        say(f"the stack {name} {f'is in {stack.status}' if stack else 'does not exist'}: there is no deployment to follow")
        return 0 if stack is not None and not stack.is_empty else 1
    return _followed(account.client("cloudformation"), stack.id, name, None)


def _followed(cloudformation: Any, stack_id: str, name: str, before: str | None) -> int:
    """Show the progress to its end. Returns the exit code."""
    from asl_generator.deploy.progress import follow

    try:
        ended = follow(cloudformation, stack_id, say, after=before)
    except KeyboardInterrupt:
        say("the deployment continues in AWS; follow it with: extract deploy up --follow")
        raise
    if ended.succeeded:
        say(f"stack {name}: {ended.status}")
        return 0
    cause = ended.failures[0] if ended.failures else ended.reason or "see its events in the CloudFormation console"
    click.secho(f"stack {name}: {ended.status}. The first cause: {cause}", fg="red", err=True)
    for failure in ended.failures[1:]:
        say(f"  also: {failure}")
    if "ROLLBACK_COMPLETE" in ended.status:
        say("CloudFormation rolled the stack back; correct the cause and run the command again")
    return 1
