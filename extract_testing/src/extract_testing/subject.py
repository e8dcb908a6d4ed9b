"""A job type under test: asked as the generator, the config manager and the status handler ask it, each answer once."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import ArgumentsTooLong, Branch, Outcome, Target
from extract_core.wording import RAISED, told
from extract_testing.broken import Breach, Fails, NotChecked, Refused, TooLong
from extract_testing.tables import item_of, spilled, table_runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import BaseModel

    from extract_core.contract import JobStatus, Json, TableRun
    from extract_core.registry.values import AnyJobType
    from extract_testing.machine import Walk

_ARN: Final = re.compile(r'"(arn:[^"]+)"')
REGION, ACCOUNT, MACHINE = "eu-west-1", "123456789012", "contract-kit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One table with one of the settings examples. `arguments` went through JSON; `item` is what the branch gets."""

    label: str
    settings: BaseModel
    table: TableRun[Any]  # Any: whichever deployment the job type has
    raw: Mapping[str, Json]
    arguments: Mapping[str, Json]
    item: Mapping[str, Json]


class Subject:
    """A job type with a deployment, examples of settings and, for branches of several Tasks, what those answer.

    `task_results` maps a state to the results it gives, one after the other (the last one again and again), as the Task gets
    them, before ResultSelector. `provider` is how messages name the plugin,
    `deployment_source` where its deployment stands.
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
    ) -> None:
        self.job_type = job_type
        self.deployment_example = dict(deployment)
        self.deployment_source = deployment_source
        self.settings_examples = [dict(example) for example in settings_examples]
        self.task_results = dict(task_results or {})
        self.refused: list[str] = []  # tables that arguments() refuses, and why: known once `cases` is asked
        self.walks: dict[tuple[str, bool], Walk] = {}  # runs of the branch: each is made once
        kind = job_type if isinstance(job_type, type) else type(job_type)
        name = getattr(job_type, "name", kind.__name__)
        self.whom = f"job type {name!r} ({provider or f'{kind.__module__}.{kind.__qualname__}'})"

    @cached_property
    def deployment(self) -> BaseModel:
        """The deployment example, validated by the plugin's model."""
        return self._validated("deployment()", self.deployment_model, self.deployment_example, self.deployment_source)

    def is_given(self, arn: str) -> bool:
        """Whether an ARN is made of one that the deployment example names: of its service, region and account.

        The partition is the user's own then (``…:stateMachine:copy`` → ``…:execution:copy:*``).
        """
        given = _ARN.findall(json.dumps(self.deployment_example))
        return any(arn.split(":")[:5] == each.split(":")[:5] for each in given)

    @cached_property
    def deployment_model(self) -> type[BaseModel]:
        """What deployment() gives."""
        with asked("deployment()"):
            return checked_model("deployment()", self.job_type.deployment())

    @cached_property
    def settings_model(self) -> type[BaseModel]:
        """What settings() gives."""
        with asked("settings()"):
            return checked_model("settings()", self.job_type.settings())

    @cached_property
    def settings(self) -> list[BaseModel]:
        """The examples of settings, validated by the plugin's model."""
        if not self.settings_examples:
            remedy = "give at least one; [{}] if every setting has a default"
            raise Fails(Breach("settings_examples", "there is none, so no table can be tried", remedy))
        return [
            self._validated("settings()", self.settings_model, example, f"settings example {number}")
            for number, example in enumerate(self.settings_examples, start=1)
        ]

    def target(self, partition: str = "aws") -> Target[Any]:  # Any: see Case
        """What the machine is built for. `function_arn` knows the functions that functions() declares."""
        with asked("functions()"):
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
            map_mode="INLINE",
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
        with asked("branch(target)"):
            branch = self.job_type.branch(target)
        if not isinstance(branch, Branch):
            raise Fails(Breach("branch(target)", f"it returned {branch!r}", "return a Branch"))
        if not _are_states(branch.states) or branch.start not in branch.states or branch.job_state not in branch.states:
            names = f"start {branch.start!r} and job_state {branch.job_state!r}"
            problem = f"{names} must be among its states: {_shown(branch.states)}"
            raise Fails(Breach("branch(target)", problem, "name both as they stand in states, each state an object"))
        return branch

    @property
    def states(self) -> dict[str, dict[str, Any]]:
        """A copy of the branch's states, as JSON."""
        try:
            copied: dict[str, dict[str, Any]] = json.loads(json.dumps(self.branch.states, allow_nan=False))
        except (TypeError, ValueError) as error:
            remedy = "build it of dicts, lists, texts, numbers and booleans alone"
            raise Fails(Breach("branch(target)", f"its states are no JSON: {error}", remedy)) from error
        return copied

    @cached_property
    def cases(self) -> list[Case]:
        """Every example of settings with every kind of table: full, incremental, backfill, arguments in one.

        Where `arguments` raises ArgumentsTooLong, its job's arguments lie in an object. A table that it refuses by another
        ValueError stands in `refused` instead; of each example one must be taken.
        """
        cases = []
        for number, settings in enumerate(self.settings, start=1):
            taken, refused = [], []
            for kind, table in table_runs(self.job_type.name, self.deployment):
                label = f"settings example {number}, {kind}"
                try:
                    taken.append(self._case(label, settings, table))
                except TooLong:  # as the core does it: the job reads its arguments from an object
                    try:
                        taken.append(self._case(f"{label} with arguments in an object", settings, spilled(table)))
                    except Refused as refusal:
                        refused.append(f"{label}: {refusal}")
                except Refused as refusal:
                    refused.append(f"{label}: {refusal}")
            if not taken:
                problem = f"it refuses every table, the first one as {refused[0]}"
                raise Fails(Breach(f"arguments() of settings example {number}", problem, "give settings that can be planned"))
            cases += taken
            self.refused += refused
        return cases

    def _case(self, label: str, settings: BaseModel, table: TableRun[Any]) -> Case:
        place = f"arguments() of {label}"
        raw, timeout = self.ask_arguments(place, table, settings), self.ask_timeout(settings)
        try:
            arguments = json.loads(json.dumps(raw, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise Fails(Breach(place, f"it is no JSON: {error}", "return texts, numbers, booleans, lists and dicts")) from error
        item = item_of(table, arguments, timeout)
        return Case(label=label, settings=settings, table=table, raw=raw, arguments=arguments, item=item)

    def ask_arguments(self, place: str, table: TableRun[Any], settings: BaseModel) -> Mapping[str, Json]:
        """What arguments() returns; Fails where it raises or returns something else than a mapping."""
        from collections.abc import Mapping

        with asked(place):
            try:
                arguments = self.job_type.arguments(table, settings)
            except ArgumentsTooLong as error:
                raise TooLong(str(error)) from error
            except ValueError as error:
                raise Refused(str(error)) from error
        if not isinstance(arguments, Mapping):
            raise Fails(Breach(place, f"it returned {arguments!r}", "return a mapping: it becomes $.arguments"))
        return arguments

    def ask_timeout(self, settings: BaseModel) -> int:
        """What timeout() returns, in seconds."""
        with asked("timeout(settings)"):
            seconds: object = self.job_type.timeout(settings)
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= 99_999_999:
            remedy = "return whole seconds, 1 to 99,999,999, as a state's TimeoutSeconds takes them"
            raise Fails(Breach("timeout(settings)", f"it returned {seconds!r}", remedy))
        return seconds

    def status(self, outcome: Outcome) -> JobStatus:
        """What the parser says of an outcome; whatever it raises goes through."""
        return self.job_type.status(outcome)

    def _validated(self, place: str, model: type[BaseModel], example: Mapping[str, Json], what: str) -> BaseModel:
        from pydantic import ValidationError

        try:
            validated: BaseModel = model.model_validate(example)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False))
            problem = f"its model refuses {what} {example!r}: {faults}"
            raise Fails(Breach(place, problem, f"mend {what} or the model")) from error
        return validated


@contextmanager
def asked(place: str) -> Iterator[None]:
    """Call a method of the job type; what it raises becomes Fails, with the place in the plugin's code."""
    try:
        yield
    except NotChecked:
        raise
    except RAISED as error:
        remedy = "it must answer for every valid deployment and settings"
        raise Fails(Breach(place, f"it raised {told(error)}", remedy)) from error


def checked_model(place: str, model: object) -> type[BaseModel]:
    """What settings() or deployment() gave; Fails where it is no pydantic model."""
    from pydantic import BaseModel

    if isinstance(model, type) and issubclass(model, BaseModel):
        return model
    raise Fails(Breach(place, f"it returned {model!r}", "return a pydantic model: the class, not an instance"))


def _are_states(states: object) -> bool:
    from collections.abc import Mapping

    return isinstance(states, Mapping) and bool(states) and all(isinstance(state, Mapping) for state in states.values())


def _shown(states: object) -> str:
    from collections.abc import Mapping

    return ", ".join(map(repr, states)) if isinstance(states, Mapping) and states else repr(states)
