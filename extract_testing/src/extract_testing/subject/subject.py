"""A job type under test: its methods are called as the product calls them, and each result is stored."""

from __future__ import annotations

import json
import pickle
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import ArgumentsTooLong, Branch, Outcome, Target
from extract_core.wording import RAISED
from extract_testing.breaches import Breach, Fails, Refused, TooLong
from extract_testing.subject.calls import calling, checked_model, is_polite
from extract_testing.subject.tables import item_of, spilled, table_runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel

    from extract_core.contract import JobStatus, Json, TableRun
    from extract_core.registry.installed import Registry
    from extract_core.registry.values import AnyJobType, FrozenPlugin
    from extract_testing.apart.report import Report
    from extract_testing.subject.walk import Walk

_ARN: Final = re.compile(r'"(arn:[^"]+)"')
REGION, ACCOUNT, MACHINE = "eu-west-1", "123456789012", "contract-kit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One table with one of the settings examples. `arguments` are as JSON returns them; `item` is the input of the branch."""

    label: str
    settings: BaseModel
    table: TableRun[Any]  # Any: whichever deployment the job type has
    raw: Mapping[str, Json]
    arguments: Mapping[str, Json]
    item: Mapping[str, Json]


class Subject:
    """A job type with a deployment, examples of settings and, for branches of several Tasks, the answers of those.

    `task_results` maps a state to its results, one after the other, as the Task gets them, before ResultSelector. The last one
    repeats. Messages name the plugin by `provider`, and `deployment_source` says where its deployment comes from.
    """

    def __init__(  # noqa: PLR0913 - what is tried, and how messages name it
        self,
        job_type: AnyJobType,
        deployment: Mapping[str, Json],
        settings_examples: Sequence[Mapping[str, Json]] = ({},),
        *,
        task_results: Mapping[str, Sequence[Json]] | None = None,
        provider: str | None = None,
        deployment_source: str = "the deployment example",
        plugin: FrozenPlugin | None = None,
    ) -> None:
        self.job_type = job_type
        self.fresh = _pickled(job_type)  # before any call, for other processes
        self.deployment_example = dict(deployment)
        self.deployment_source = deployment_source
        self.settings_examples = [dict(example) for example in settings_examples]
        self.task_results = dict(task_results or {})
        self.frozen = plugin
        self.refused: list[str] = []  # tables that arguments() refuses, and why; filled by `cases`
        self.reports: tuple[Report, Report] | None = None  # of two separate processes, made once
        self.walks: dict[tuple[str, bool], Walk] = {}  # runs of the branch, each made once
        self.broken: dict[str, bool] = {}  # by check that was run: whether it reported a breach
        kind = job_type if isinstance(job_type, type) else type(job_type)
        name = getattr(job_type, "name", kind.__name__)
        self.plugin = f"job type {name!r} ({provider or f'{kind.__module__}.{kind.__qualname__}'})"

    @property
    def package(self) -> str:
        """The outermost package of the plugin's code."""
        return type(self.job_type).__module__.partition(".")[0]

    @property
    def module(self) -> str | None:
        """The module that the plugin's entry point names, if it is known."""
        return self.frozen.module if self.frozen else None

    @cached_property
    def registry(self) -> Registry:
        """The plugin alone: its job types, and its hooks if its module is known."""
        from extract_core.registry.installed import Registry
        from extract_core.registry.loading import discover

        return discover(frozen=[self.frozen]) if self.frozen else Registry.of(self.job_type)

    @cached_property
    def deployment(self) -> BaseModel:
        """The deployment example, validated by the plugin's model."""
        return self._validated("deployment()", self.deployment_model, self.deployment_example, self.deployment_source)

    def is_of_the_deployment(self, arn: str) -> bool:
        """Whether an ARN is made from one of the deployment example: it has the same service, region and account.

        Then the user chose the partition (``…:stateMachine:copy`` → ``…:execution:copy:*``).
        """
        arns = _ARN.findall(json.dumps(self.deployment_example))
        return any(arn.split(":")[:5] == own.split(":")[:5] for own in arns)

    @cached_property
    def deployment_model(self) -> type[BaseModel]:
        """The class that deployment() returns."""
        with calling("deployment()"):
            return checked_model("deployment()", self.job_type.deployment())

    @cached_property
    def settings_model(self) -> type[BaseModel]:
        """The class that settings() returns."""
        with calling("settings()"):
            return checked_model("settings()", self.job_type.settings())

    @cached_property
    def settings(self) -> list[BaseModel]:
        """The examples of settings, validated by the plugin's model."""
        if not self.settings_examples:
            remedy = "add at least one; [{}] if every setting has a default"
            raise Fails(Breach("settings_examples", "it is empty, so no table can be tested", remedy))
        return [
            self._validated("settings()", self.settings_model, example, f"settings example {number}")
            for number, example in enumerate(self.settings_examples, start=1)
        ]

    def target(self, partition: str = "aws") -> Target[Any]:  # Any: see Case
        """The place that the machine is built for. `function_arn` knows the functions that functions() declares."""
        with calling("functions()"):
            declared = [function.name for function in self.job_type.functions()]

        def function_arn(name: str) -> str:
            if name not in declared:
                raise ValueError(f"function_arn({name!r}): functions() declares {', '.join(map(repr, declared)) or 'none'}")
            return f"arn:{partition}:lambda:{REGION}:{ACCOUNT}:function:{MACHINE}-{name}"

        return Target(
            partition=partition,
            region=REGION,
            account=ACCOUNT,
            machine_name=MACHINE,
            map_mode="DISTRIBUTED",
            deployment=self.deployment,
            function_arn=function_arn,
        )

    @cached_property
    def branch(self) -> Branch:
        """The branch for the partition aws."""
        return self.branch_in("aws")

    def branch_in(self, partition: str) -> Branch:
        """The branch as it is built for a partition."""
        target = self.target(partition)
        with calling("branch(target)"):
            branch = self.job_type.branch(target)
        if not isinstance(branch, Branch):
            raise Fails(Breach("branch(target)", f"it returned {branch!r}", "return a Branch"))
        if not _are_states(branch.states) or branch.start not in branch.states or branch.job_state not in branch.states:
            names = f"start {branch.start!r} and job_state {branch.job_state!r}"
            problem = f"{names} must be among its states: {_shown(branch.states)}"
            raise Fails(Breach("branch(target)", problem, "use names that are in states; each state is an object"))
        return branch

    @property
    def states(self) -> dict[str, dict[str, Any]]:
        """A copy of the branch's states, as JSON."""
        try:
            copied: dict[str, dict[str, Any]] = json.loads(json.dumps(self.branch.states, allow_nan=False))
        except (TypeError, ValueError) as error:
            remedy = "use dicts, lists, strings, numbers and booleans only"
            raise Fails(Breach("branch(target)", f"its states are not JSON: {error}", remedy)) from error
        return copied

    @cached_property
    def cases(self) -> list[Case]:
        """Every example of settings with every kind of table: full, incremental, backfill, arguments in one.

        If the job type says ``shares = True``, also a job that several tables share: it gets the URI of an object.

        If `arguments` raises ArgumentsTooLong, the job's arguments are put into an object. A table that it refuses with another
        ValueError goes to `refused`. Each example needs at least one accepted table.
        """
        cases = []
        for number, settings in enumerate(self.settings, start=1):
            accepted, refused = [], []
            for kind, table in table_runs(self.job_type.name, self.deployment):
                label = f"settings example {number}, {kind}"
                try:
                    accepted.append(self.case(label, settings, table))
                except TooLong:  # as the core does it: the job reads its arguments from an object
                    try:
                        accepted.append(self.case(f"{label} with arguments in an object", settings, spilled(table)))
                    except Refused as refusal:
                        refused.append(f"{label}: {refusal}")
                except Refused as refusal:
                    refused.append(f"{label}: {refusal}")
            if not accepted:
                problem = f"it refuses every table; the first: {refused[0]}"
                raise Fails(Breach(f"arguments() of settings example {number}", problem, "use settings that can be planned"))
            cases += accepted
            self.refused += refused
            if self.job_type.shares is True:
                _, table = next(iter(table_runs(self.job_type.name, self.deployment)))
                label = f"settings example {number}, a job that tables share"
                try:
                    cases.append(self.case(label, settings, spilled(table)))
                except Refused as refusal:
                    remedy = "accept table.job_arguments with --extract_arguments alone, or write shares = False"
                    raise Fails(Breach(f"arguments() of {label}", f"it refuses the table: {refusal}", remedy)) from refusal
        return cases

    @cached_property
    def runs_here(self) -> bool:
        """Whether `local_command` returns a command for the first case. False also if it raises: another check reports that."""
        arguments = self.cases[0].arguments
        try:
            return self.job_type.local_command(arguments) is not None
        except RAISED:
            return False

    def case(self, label: str, settings: BaseModel, table: TableRun[Any]) -> Case:  # Any: see Case
        """One table with these settings. Fails or Refused if arguments() does not plan it."""
        place = f"arguments() of {label}"
        raw, timeout = self.arguments(place, table, settings), self.timeout(settings)
        try:
            arguments = json.loads(json.dumps(raw, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise Fails(
                Breach(place, f"it is not JSON: {error}", "return strings, numbers, booleans, lists and dicts")
            ) from error
        item = item_of(table, arguments, timeout)
        return Case(label=label, settings=settings, table=table, raw=raw, arguments=arguments, item=item)

    def arguments(self, place: str, table: TableRun[Any], settings: BaseModel) -> Mapping[str, Json]:
        """The arguments of a job. Fails if it raises, or returns anything but a mapping."""
        from collections.abc import Mapping

        with calling(place):
            try:
                arguments = self.job_type.arguments(table, settings)
            except ArgumentsTooLong as error:
                raise TooLong(str(error)) from error
            except ValueError as error:
                if why := is_polite(error):
                    remedy = "raise ValueError for an impossible value, with a text that says what to do; handle all others"
                    raise Fails(Breach(place, why, remedy)) from error
                raise Refused(str(error)) from error
        if not isinstance(arguments, Mapping):
            raise Fails(Breach(place, f"it returned {arguments!r}", "return a mapping: it becomes $.arguments"))
        return arguments

    def timeout(self, settings: BaseModel) -> int:
        """The job's time limit in seconds."""
        with calling("timeout(settings)"):
            seconds: object = self.job_type.timeout(settings)
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= 99_999_999:
            remedy = "return a whole number of seconds, 1 to 99,999,999: the range of a state's TimeoutSeconds"
            raise Fails(Breach("timeout(settings)", f"it returned {seconds!r}", remedy))
        return seconds

    def status(self, outcome: Outcome) -> JobStatus:
        """What the parser reports for an outcome. Exceptions pass through."""
        return self.job_type.status(outcome)

    def _validated(self, place: str, model: type[BaseModel], example: Mapping[str, Json], what: str) -> BaseModel:
        from pydantic import ValidationError

        try:
            validated: BaseModel = model.model_validate(example)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, line['loc']))}: {line['msg']}" for line in error.errors(include_url=False))
            problem = f"its model refuses {what} {example!r}: {faults}"
            raise Fails(Breach(place, problem, f"fix {what} or the model")) from error
        return validated


def _pickled(job_type: AnyJobType) -> bytes | Exception:
    """The job type for another process, or why it cannot be passed there."""
    try:
        return pickle.dumps(job_type)
    except Exception as error:  # noqa: BLE001 - whatever the attributes raise
        return error


def _are_states(states: object) -> bool:
    from collections.abc import Mapping

    return isinstance(states, Mapping) and bool(states) and all(isinstance(state, Mapping) for state in states.values())


def _shown(states: object) -> str:
    from collections.abc import Mapping

    return ", ".join(map(repr, states)) if isinstance(states, Mapping) and states else repr(states)
