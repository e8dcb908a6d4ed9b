"""What is deployed, as a template: that of the stack, with the definition that the machine has now."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from asl_generator.deploy.alive import machine_arn
from asl_generator.deploy.faults import DeployError, calling_aws

if TYPE_CHECKING:
    from asl_generator.deploy.account import Account
    from asl_generator.deploy.difference import Document
    from extract_core.pipeline.model import Pipeline


def deployed_template(pipeline: Pipeline, account: Account, stack: str) -> Document:
    """The template of the stack. A machine that was changed outside of the stack shows with its own definition.

    Raises DeployError if there is no stack, or AWS refuses a call.
    """
    import yaml

    with calling_aws("read the template of the stack", "cloudformation:GetTemplate"):
        body = account.client("cloudformation").get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    template: Any = yaml.safe_load(body) if isinstance(body, str) else copy.deepcopy(dict(body))
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise DeployError(f"the stack {stack!r} has no template of extract: name another one with [deploy] stack")
    states, arn = account.client("stepfunctions"), machine_arn(pipeline)
    with calling_aws("read the deployed machine", "states:DescribeStateMachine", arn):
        try:
            definition = states.describe_state_machine(stateMachineArn=arn)["definition"]
        except states.exceptions.StateMachineDoesNotExist:
            definition = None
    for resource in template["Resources"].values():
        if definition and resource["Type"] == "AWS::StepFunctions::StateMachine":
            resource["Properties"]["DefinitionString"] = definition
    read: Document = template
    return read
