"""Operations on state machines: create, update, describe, list, delete, validate, and their tags."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from asl_toolkit.check.variables import references
from asl_toolkit.client.arns import valid_name
from asl_toolkit.client.dates import now
from asl_toolkit.client.definitions import diagnostics_of
from asl_toolkit.client.model import Request
from asl_toolkit.client.operation import Part, Response, operation
from asl_toolkit.client.pages import page
from asl_toolkit.client.registry import Activity, Machine, Revision, new_id
from asl_toolkit.client.versions import publish
from asl_toolkit.finding import Severity
from asl_toolkit.json_value import loads

_SETTINGS = ("loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")
_MOST_DIAGNOSTICS = 100
_MOST_TAGS = 50


class Machines(Part):
    """State machines, their definitions and tags."""

    @operation("CreateStateMachine")
    def create_state_machine(self, request: Request) -> Response:
        """Create a machine. A repeated request is not an error. InvalidDefinition lists every fault."""
        name, made = "CreateStateMachine", self._registry
        if not valid_name(request["name"]):
            raise made.error("InvalidName", f"Invalid Name: '{request['name']}'", name)
        _check_description(self, request, name)
        kind = request.get("type", "STANDARD")
        definition, loaded = made.revision(request["definition"], kind, name)
        if not request["roleArn"].startswith("arn:"):
            raise made.error("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {request['roleArn']}'", name)
        moment = now()
        revision = Revision(definition, request["roleArn"], loaded, _settings(request), moment)
        arn = made.place.machine(request["name"])
        tags = {tag["key"]: tag.get("value", "") for tag in request.get("tags", ())}
        with made.lock:
            machine = made.machines.get(arn)
            if machine is None:
                machine = made.machines[arn] = Machine(request["name"], arn, kind, moment, revision, tags)
            elif not _same(machine, kind, revision):
                raise made.error("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'", name)
            answer: Response = {"stateMachineArn": machine.arn, "creationDate": machine.created}
            if request.get("publish"):
                answer["stateMachineVersionArn"] = publish(machine, request.get("versionDescription")).arn
        return answer

    @operation("UpdateStateMachine")
    def update_state_machine(self, request: Request) -> Response:
        """Replace the definition, role or settings. Running executions keep the previous ones."""
        name = "UpdateStateMachine"
        machine = self._registry.machine(request["stateMachineArn"], name)
        if not {"definition", "roleArn", *_SETTINGS} & set(request) and not request.get("publish"):
            raise self._registry.error(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
                name,
            )
        _check_description(self, request, name)
        before = machine.revision
        definition, loaded = before.definition, before.loaded
        if request.get("definition", definition) != definition:
            definition, loaded = self._registry.revision(request["definition"], machine.type, name)
        settings = {**before.settings, **_settings(request)}
        with self._registry.lock:
            changed = replace(
                before, definition=definition, loaded=loaded, role_arn=request.get("roleArn", before.role_arn), settings=settings
            )
            if changed != before:
                machine.revision = replace(changed, id=new_id(), updated=now())
            answer: Response = {"updateDate": machine.revision.updated}
            if machine.revision.id is not None:
                answer["revisionId"] = machine.revision.id
            if request.get("publish"):
                answer["stateMachineVersionArn"] = publish(machine, request.get("versionDescription")).arn
        return answer

    @operation("DescribeStateMachine")
    def describe_state_machine(self, request: Request) -> Response:
        """The definition and settings of a machine or a version."""
        target = self._registry.target(request["stateMachineArn"], "DescribeStateMachine")
        machine, revision = target.machine, target.revision
        answer = {
            "stateMachineArn": request["stateMachineArn"],
            "name": machine.name,
            "status": "ACTIVE",
            "type": machine.type,
            "creationDate": machine.created,
            **described_revision(revision),
        }
        version = next((candidate for candidate in machine.versions.values() if candidate.arn == target.version_arn), None)
        if version is not None:
            answer["creationDate"] = version.created
            if version.description is not None:
                answer["description"] = version.description
        return answer

    @operation("DescribeStateMachineForExecution")
    def describe_state_machine_for_execution(self, request: Request) -> Response:
        """The definition that an execution runs, even if the machine has a newer one."""
        target = self._registry.execution(request["executionArn"], "DescribeStateMachineForExecution").target
        machine = target.machine
        described = described_revision(target.revision)
        return {"stateMachineArn": machine.arn, "name": machine.name, "updateDate": target.revision.updated, **described}

    @operation("ListStateMachines")
    def list_state_machines(self, request: Request) -> Response:
        """All machines, sorted by name."""
        with self._registry.lock:
            machines = sorted(self._registry.machines.values(), key=lambda machine: machine.name)
        listed = [{"stateMachineArn": it.arn, "name": it.name, "type": it.type, "creationDate": it.created} for it in machines]
        return page(listed, request, "stateMachines", self._registry.exceptions, "ListStateMachines")

    @operation("DeleteStateMachine")
    def delete_state_machine(self, request: Request) -> Response:
        """Delete a machine, its versions and aliases. Its executions continue and remain readable."""
        self._registry.require(request["stateMachineArn"], "DeleteStateMachine", "stateMachine")
        with self._registry.lock:
            self._registry.machines.pop(request["stateMachineArn"], None)
        return {}

    @operation("ValidateStateMachineDefinition")
    def validate_state_machine_definition(self, request: Request) -> Response:
        """OK, or FAIL with a diagnostic for each fault, with AWS's codes; warnings with `severity="WARNING"`."""
        diagnostics = diagnostics_of(request["definition"], request.get("type", "STANDARD"))
        failed = any(it.severity is Severity.ERROR for it in diagnostics)
        wanted = [it for it in diagnostics if it.severity is Severity.ERROR or request.get("severity") == "WARNING"]
        most = request.get("maxResults") or _MOST_DIAGNOSTICS
        return {
            "result": "FAIL" if failed else "OK",
            "diagnostics": [it.described() for it in wanted[:most]],
            "truncated": len(wanted) > most,
        }

    @operation("TagResource")
    def tag_resource(self, request: Request) -> Response:
        """Add or change tags of a state machine or an activity."""
        machine = self._tagged(request, "TagResource")
        with self._registry.lock:
            tags = machine.tags | {tag.get("key", ""): tag.get("value", "") for tag in request["tags"]}
            if len(tags) > _MOST_TAGS:
                raise self._registry.error("TooManyTags", f"A resource has at most {_MOST_TAGS} tags", "TagResource")
            machine.tags = tags
        return {}

    @operation("UntagResource")
    def untag_resource(self, request: Request) -> Response:
        """Remove tags. A missing key is not an error."""
        machine = self._tagged(request, "UntagResource")
        with self._registry.lock:
            machine.tags = {key: value for key, value in machine.tags.items() if key not in request["tagKeys"]}
        return {}

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, request: Request) -> Response:
        """The tags of a state machine or an activity, by key."""
        tags = self._tagged(request, "ListTagsForResource").tags
        return {"tags": [{"key": key, "value": value} for key, value in sorted(tags.items())]}

    def _tagged(self, request: Request, name: str) -> Machine | Activity:
        arn = request["resourceArn"]
        self._registry.require(arn, name, "stateMachine", "activity")
        machine = self._registry.machines.get(arn) or self._registry.activities.get(arn)
        if machine is None:
            raise self._registry.error("ResourceNotFound", f"Resource not found: '{arn}'", name)
        return machine


def described_revision(revision: Revision) -> dict[str, Any]:
    """The members of a revision in the Describe operations."""
    described: dict[str, Any] = {
        "definition": revision.definition,
        "roleArn": revision.role_arn,
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False},
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
        **revision.settings,
    }
    read = references(loads(revision.definition))
    if read:
        described["variableReferences"] = read
    return described if revision.id is None else {**described, "revisionId": revision.id}


def _settings(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: request[name] for name in _SETTINGS if name in request}


def _same(machine: Machine, kind: str, revision: Revision) -> bool:
    """Whether CreateStateMachine treats a request as a repetition; it ignores role and tags (API reference)."""
    held = machine.revision
    return (machine.type, held.definition, held.settings) == (kind, revision.definition, revision.settings)


def _check_description(part: Part, request: Request, name: str) -> None:
    if request.get("versionDescription") is not None and not request.get("publish"):
        message = "Version description can only be set when publish is true"
        raise part._registry.error("ValidationException", message, name)  # noqa: SLF001 - of the same package
