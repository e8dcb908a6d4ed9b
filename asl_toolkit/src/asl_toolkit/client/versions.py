"""Operations on versions and aliases of state machines. The texts of errors were recorded on AWS."""

from dataclasses import replace
from typing import Any

from asl_toolkit.client.arns import unqualified
from asl_toolkit.client.dates import now
from asl_toolkit.client.model import Request
from asl_toolkit.client.operation import Part, Response, operation
from asl_toolkit.client.pages import page
from asl_toolkit.client.registry import Alias, Machine, Version

_WHOLE = 100  # per cent: what the weights of an alias come to


def publish(machine: Machine, description: str | None) -> Version:
    """A version of the machine's current revision; the newest version if it is already of this revision."""
    newest = machine.versions.get(machine.published)
    if newest is not None and newest.revision == machine.revision:
        return newest
    machine.published += 1
    version = Version(f"{machine.arn}:{machine.published}", machine.revision, description, now())
    machine.versions[machine.published] = version
    return version


class Versions(Part):
    """Versions (numbers) and aliases (names with weights)."""

    @operation("PublishStateMachineVersion")
    def publish_state_machine_version(self, request: Request) -> Response:
        """Make a version of the current revision."""
        name = "PublishStateMachineVersion"
        machine = self._registry.machine(request["stateMachineArn"], name)
        wanted, current = request.get("revisionId"), machine.revision.id
        if wanted is not None and wanted != current:
            message = (
                f"Failed to publish the State Machine version for revision {wanted}. "
                f"The current State Machine revision is {current}."
            )
            raise self._registry.error("ConflictException", message, name)
        with self._registry.lock:
            version = publish(machine, request.get("description"))
        return {"creationDate": version.created, "stateMachineVersionArn": version.arn}

    @operation("DeleteStateMachineVersion")
    def delete_state_machine_version(self, request: Request) -> Response:
        """Delete a version. Raises ConflictException if an alias uses it."""
        name, arn = "DeleteStateMachineVersion", request["stateMachineVersionArn"]
        self._registry.require(arn, name, "stateMachine")
        own, number = unqualified(arn)
        with self._registry.lock:
            machine = self._registry.machines.get(own)
            if machine is None or number is None or not number.isdecimal():
                return {}
            users = [alias.arn for alias in machine.aliases.values() if arn in dict(alias.routing)]
            if users:
                listed = ", ".join(users)
                message = (
                    "Version to be deleted must not be referenced by an alias. "
                    f"Current list of aliases referencing this version: [{listed}]"
                )
                raise self._registry.error("ConflictException", message, name)
            machine.versions.pop(int(number), None)
        return {}

    @operation("ListStateMachineVersions")
    def list_state_machine_versions(self, request: Request) -> Response:
        """The versions of a machine, newest first."""
        name = "ListStateMachineVersions"
        machine = self._registry.machine(request["stateMachineArn"], name)
        with self._registry.lock:
            versions = [machine.versions[number] for number in sorted(machine.versions, reverse=True)]
        listed = [{"stateMachineVersionArn": it.arn, "creationDate": it.created} for it in versions]
        return page(listed, request, "stateMachineVersions", self._registry.exceptions, name)

    @operation("CreateStateMachineAlias")
    def create_state_machine_alias(self, request: Request) -> Response:
        """Create a name for one or two versions. A repeated request is not an error."""
        name = "CreateStateMachineAlias"
        machine, routing = self._routing(request["routingConfiguration"], name)
        moment = now()
        arn = f"{machine.arn}:{request['name']}"
        alias = Alias(arn, request["name"], request.get("description"), routing, moment, moment)
        with self._registry.lock:
            known = machine.aliases.setdefault(alias.name, alias)
            if (known.description, known.routing) != (alias.description, alias.routing):
                message = (
                    "Failed to create alias because an alias with the same name and a different routing configuration "
                    "already exists."
                )
                raise self._registry.error("ConflictException", message, name)
        return {"stateMachineAliasArn": known.arn, "creationDate": known.created}

    @operation("UpdateStateMachineAlias")
    def update_state_machine_alias(self, request: Request) -> Response:
        """Change the routing or description of an alias."""
        name = "UpdateStateMachineAlias"
        machine, alias = self._alias(request, name)
        routing = alias.routing
        if "routingConfiguration" in request:
            _, routing = self._routing(request["routingConfiguration"], name)
        changed = replace(alias, description=request.get("description", alias.description), routing=routing, updated=now())
        with self._registry.lock:
            machine.aliases[alias.name] = changed
        return {"updateDate": changed.updated}

    @operation("DescribeStateMachineAlias")
    def describe_state_machine_alias(self, request: Request) -> Response:
        """The routing and description of an alias."""
        _, alias = self._alias(request, "DescribeStateMachineAlias")
        described = {} if alias.description is None else {"description": alias.description}
        return {
            "stateMachineAliasArn": alias.arn,
            "name": alias.name,
            **described,
            "routingConfiguration": [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in alias.routing],
            "creationDate": alias.created,
            "updateDate": alias.updated,
        }

    @operation("DeleteStateMachineAlias")
    def delete_state_machine_alias(self, request: Request) -> Response:
        """Delete an alias."""
        machine, alias = self._alias(request, "DeleteStateMachineAlias")
        with self._registry.lock:
            machine.aliases.pop(alias.name, None)
        return {}

    @operation("ListStateMachineAliases")
    def list_state_machine_aliases(self, request: Request) -> Response:
        """The aliases of a machine or of one of its versions, sorted by name."""
        name, arn = "ListStateMachineAliases", request["stateMachineArn"]
        machine = self._registry.target(arn, name).machine
        with self._registry.lock:
            aliases = [alias for _, alias in sorted(machine.aliases.items()) if arn == machine.arn or arn in dict(alias.routing)]
        listed = [{"stateMachineAliasArn": it.arn, "creationDate": it.created} for it in aliases]
        return page(listed, request, "stateMachineAliases", self._registry.exceptions, name)

    def _alias(self, request: Request, name: str) -> tuple[Machine, Alias]:
        arn = request["stateMachineAliasArn"]
        self._registry.require(arn, name, "stateMachine")
        own, qualifier = unqualified(arn)
        with self._registry.lock:
            machine = self._registry.machines.get(own)
            alias = None if machine is None or qualifier is None else machine.aliases.get(qualifier)
        if machine is None or alias is None:
            raise self._registry.error("ResourceNotFound", f"Request references a resource that does not exist: '{arn}'", name)
        return machine, alias

    def _routing(self, entries: list[dict[str, Any]], name: str) -> tuple[Machine, tuple[tuple[str, int], ...]]:
        """The machine and the routing of a request. Raises ValidationException for an invalid routing."""
        routing = tuple((entry["stateMachineVersionArn"], entry["weight"]) for entry in entries)
        arns = [arn for arn, _ in routing]
        weights = [weight for _, weight in routing]
        machines = [self._version(arn) for arn in arns]
        machine = machines[0]
        reason = None
        if machine is None or None in machines:
            reason = f"Routing configuration must contain state machine version ARNs. Received: [{', '.join(arns)}]"
        elif len(set(arns)) < len(arns):
            reason = f"Routing configuration must contain distinct state machine version ARNs. Received: [{', '.join(arns)}]"
        elif sum(weights) != _WHOLE:
            reason = f"Sum of routing configuration weights must equal {_WHOLE}. Received: {weights}"
        elif machines.count(machine) < len(machines):
            reason = f"Routing configuration must contain versions of one state machine. Received: [{', '.join(arns)}]"
        if reason is not None or machine is None:
            raise self._registry.error("ValidationException", str(reason), name)
        return machine, routing

    def _version(self, arn: str) -> Machine | None:
        """The machine of a version that exists, or None."""
        own, number = unqualified(arn)
        machine = self._registry.machines.get(own)
        known = machine is not None and number is not None and number.isdecimal() and int(number) in machine.versions
        return machine if known else None
