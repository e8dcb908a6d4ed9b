"""What is deployed, as a template: that of the stack, with the definition that the machine has now."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from asl_generator.deploy.alive import machine_arn
from asl_generator.deploy.difference import MACHINE, definition_text
from asl_generator.deploy.faults import DeployError, calling_aws
from asl_generator.template.text import read_template

if TYPE_CHECKING:
    from asl_generator.deploy.account import Account
    from asl_generator.deploy.difference import Document
    from asl_generator.deploy.stack import StackState
    from extract_core.pipeline.model import Pipeline

_TOKEN: Final = re.compile(r"\$\{[A-Za-z0-9.]+\}")


def deployed_template(pipeline: Pipeline, account: Account, stack: StackState) -> Document:
    """The template of the stack. A machine that was changed outside of the stack shows with its own definition.

    Raises DeployError if the stack is not one of extract, or AWS refuses a call.
    """
    with calling_aws("read the template of the stack", "cloudformation:GetTemplate"):
        body = account.client("cloudformation").get_template(StackName=stack.name, TemplateStage="Original")["TemplateBody"]
    template: Any = read_template(body) if isinstance(body, str) else copy.deepcopy(dict(body))
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise DeployError(f"the stack {stack.name!r} has no template of extract: name another one with [deploy] stack")
    states, arn = account.client("stepfunctions"), machine_arn(pipeline)
    with calling_aws("read the deployed machine", "states:DescribeStateMachine", arn):
        try:
            definition = states.describe_state_machine(stateMachineArn=arn)["definition"]
        except states.exceptions.StateMachineDoesNotExist:
            definition = None
    for resource in template["Resources"].values():
        if definition and resource["Type"] == MACHINE:
            written = json.loads(definition_text(resource))
            resource["Properties"]["DefinitionString"] = json.dumps(_with_tokens(written, json.loads(definition)))
    read: Document = template
    return read


def _with_tokens(written: Any, actual: Any) -> Any:  # Any: JSON
    """The actual definition; a value that CloudFormation has filled into a token of the written one is that token again."""
    if isinstance(written, Mapping) and isinstance(actual, Mapping):
        return {key: _with_tokens(written.get(key), value) for key, value in actual.items()}
    if isinstance(written, list) and isinstance(actual, list) and len(written) == len(actual):
        return [_with_tokens(*pair) for pair in zip(written, actual, strict=True)]
    if isinstance(written, str) and isinstance(actual, str) and _TOKEN.search(written):
        filled = ".+".join(map(re.escape, _TOKEN.split(written)))
        return written if re.fullmatch(filled, actual) else actual
    return actual
