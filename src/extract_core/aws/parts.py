"""The parts of a deployed pipeline: its stores, Step Functions, EventBridge, and a session for the job types."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from extract_core.errors import UsageError
from extract_core.pipeline.parts import Parts, no_notice, to_nobody
from extract_core.pipeline.variables import EVENT_BUS, NOTIFY, PLACES, PLUGINS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from extract_core.aws.client import StepFunctions
    from extract_core.clients import Clients
    from extract_core.contract import Json
    from extract_core.registry.frozen import Frozen
    from extract_core.tracking.records import RunRecord


def boto3_session() -> object:
    """A session with the credentials of this process. boto3 is imported here."""
    import boto3

    return boto3.session.Session()


def _history(states: StepFunctions, execution_id: str) -> Iterator[Mapping[str, Json]]:
    """The history of an execution. Its readers are imported here: it is read only after a death."""
    from extract_core.aws import follow

    return follow.history(states, execution_id)


def _stop_redriven(states: StepFunctions, record: RunRecord) -> bool:
    """Stop the execution of a closed run that was redriven. It is imported here: it rarely happens."""
    from extract_core.aws.redriven import stop_redriven

    return stop_redriven(states, record)


def _json(environ: Mapping[str, str], name: str, default: Any) -> Any:  # Any: parsed JSON
    """A variable that holds JSON."""
    text = environ.get(name, "").strip()
    try:
        return json.loads(text) if text else default
    except ValueError as error:
        raise UsageError(f"the variable {name} can't be read ({error}): build and deploy the template again") from error


def _notifier(options: Mapping[str, Any], clients: Clients) -> Callable[[Parts, Mapping[str, Json], Sequence[str]], None]:
    """The sender of messages, as the variable says. It is imported here: most pipelines have none."""
    from extract_core.pipeline.notify import NotifyOptions
    from extract_core.runs.notify import Notifier

    return Notifier(NotifyOptions(**options), clients=clients)


def parts_from(environ: Mapping[str, str], states: StepFunctions | None = None, frozen: Frozen | None = None) -> Parts:
    """The parts that these variables name: EXTRACT_CONFIG_URI, EXTRACT_DATA_URI, EXTRACT_RUNS_URI and EXTRACT_TRACKING.

    With EXTRACT_EVENT_BUS (the name or ARN of a bus of EventBridge), the end of each run is sent there. With EXTRACT_NOTIFY
    (`NotifyOptions.to_json`), messages about failed runs are sent. EXTRACT_PLUGINS has the sections [plugins.<name>].
    `states` answers questions about executions. With `frozen`, its plugins are loaded and nothing is scanned. Raises UsageError
    with the names of missing variables.
    """
    from extract_core.aws.client import StepFunctions
    from extract_core.clients import Clients
    from extract_core.objects.routed import open_objects
    from extract_core.registry.loading import discover
    from extract_core.runs.announce import EventBridge
    from extract_core.runs.publish import publish
    from extract_core.tracking.open import open_tracking

    missing = [name for name in PLACES if not environ.get(name, "").strip()]
    if missing:
        raise UsageError(f"the environment has no {', '.join(missing)}: set them on the function, as the deployed template does")
    config_uri, data_uri, runs_uri = (environ[name].rstrip("/") + "/" for name in PLACES[:3])
    clients = Clients(frozen.models if frozen else None)
    step_functions = states or StepFunctions(make=clients)
    return Parts(
        objects=open_objects(clients),
        tracking=open_tracking(environ["EXTRACT_TRACKING"], clients=clients),
        registry=discover(environ=environ, frozen=frozen.plugins if frozen else None).with_settings(_json(environ, PLUGINS, {})),
        config_uri=config_uri,
        data_uri=data_uri,
        runs_uri=runs_uri,
        is_running=step_functions.is_running,
        history=partial(_history, step_functions),
        stop_redriven=partial(_stop_redriven, step_functions),
        announce=EventBridge(bus, clients=clients) if (bus := environ.get(EVENT_BUS, "").strip()) else to_nobody,
        publish=partial(publish, writers=frozen.reports) if frozen else publish,
        notify=_notifier(options, clients) if (options := _json(environ, NOTIFY, None)) else no_notice,
        aws=boto3_session,
    )
