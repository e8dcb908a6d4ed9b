"""Activities: the operations of their workers, and the handler of the Tasks that wait for them.

The texts of errors were recorded on AWS. A Task whose activity does not exist ends its execution with States.Runtime (recorded).
"""

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError

from asl_toolkit.client.arns import valid_name
from asl_toolkit.client.constraints import check_request
from asl_toolkit.client.dates import now
from asl_toolkit.client.model import Request
from asl_toolkit.client.operation import Part, Response, operation
from asl_toolkit.client.pages import page
from asl_toolkit.client.registry import Activity, Registry
from asl_toolkit.errors import RuntimeFailure, TaskFailed
from asl_toolkit.json_value import Json, dumps
from asl_toolkit.services.contract import CheckedHandler, Handler, Submitted, TaskRequest, inline

POLL_SECONDS = 60.0  # how long GetActivityTask waits for a task (API reference)
_LOOK_SECONDS = 0.25  # between looks whether the caller is still there


class Activities(Part):
    """Activities and their workers."""

    @operation("CreateActivity")
    def create_activity(self, request: Request) -> Response:
        """Create an activity. A repeated name is not an error."""
        name = request["name"]
        if not valid_name(name):
            raise self._registry.error("InvalidName", f"Invalid Name: '{name}'", "CreateActivity")
        arn = self._registry.place.activity(name)
        tags = {tag["key"]: tag.get("value", "") for tag in request.get("tags", ())}
        with self._registry.lock:
            activity = self._registry.activities.setdefault(arn, Activity(name, arn, now(), tags))
        return {"activityArn": arn, "creationDate": activity.created}

    @operation("DescribeActivity")
    def describe_activity(self, request: Request) -> Response:
        """An activity's name and date."""
        activity = self._activity(request, "DescribeActivity")
        return {"activityArn": activity.arn, "name": activity.name, "creationDate": activity.created}

    @operation("ListActivities")
    def list_activities(self, request: Request) -> Response:
        """All activities, sorted by name."""
        with self._registry.lock:
            activities = sorted(self._registry.activities.values(), key=lambda activity: activity.name)
        listed = [{"activityArn": it.arn, "name": it.name, "creationDate": it.created} for it in activities]
        return page(listed, request, "activities", self._registry.exceptions, "ListActivities")

    @operation("DeleteActivity")
    def delete_activity(self, request: Request) -> Response:
        """Delete an activity."""
        self._registry.require(request["activityArn"], "DeleteActivity", "activity")
        with self._registry.lock:
            self._registry.activities.pop(request["activityArn"], None)
        return {}

    @operation("GetActivityTask")
    def get_activity_task(self, request: Request) -> Response:
        """The token and input of the next task. It waits for a task; after 60 seconds without one the answer is empty."""
        return self._poll(request, lambda: False, POLL_SECONDS)

    def poll_activity(self, request: Request, abandoned: Callable[[], bool]) -> Response:
        """Not on AWS: as get_activity_task, but a caller that has gone takes no task.

        `abandoned` says whether it has gone; it is called four times per second.
        """
        check_request("GetActivityTask", request, self._registry.exceptions)
        return self._poll(request, abandoned, _LOOK_SECONDS)

    def _poll(self, request: Request, abandoned: Callable[[], bool], slice_seconds: float) -> Response:
        activity = self._activity(request, "GetActivityTask")
        end = time.monotonic() + POLL_SECONDS
        with activity.changed:
            while not abandoned():
                if activity.waiting:
                    token, text, taken = activity.waiting.popleft()
                    taken(request.get("workerName"))
                    return {"taskToken": token, "input": text}
                left = end - time.monotonic()
                if left <= 0:
                    break
                activity.changed.wait(min(left, slice_seconds))
        return {}

    def _activity(self, request: Request, name: str) -> Activity:
        arn = request["activityArn"]
        self._registry.require(arn, name, "activity")
        activity = self._registry.activities.get(arn)
        if activity is None:
            raise self._registry.error("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'", name)
        return activity


def activity_handler(registry: Registry) -> Handler:
    """The handler of a Task whose Resource is an activity of the client: a worker answers its token."""

    def check(request: TaskRequest) -> None:
        if request.resource not in registry.activities:
            raise RuntimeFailure(f"The activity {request.resource} does not exist.")

    @inline
    def serve(request: TaskRequest) -> Submitted:
        activity = registry.activities[request.resource]
        tokens = registry.services.tokens
        token, task, done = tokens.new(), dumps(request.parameters), Future[Json]()
        offered: list[tuple[str, str, Callable[[str | None], None]]] = []

        def answered(answer: Json | TaskFailed) -> None:
            with contextlib.suppress(InvalidStateError):
                if isinstance(answer, TaskFailed):
                    done.set_exception(answer)
                else:
                    done.set_result(answer)

        def gone() -> None:
            tokens.forget(token)
            with activity.changed, contextlib.suppress(ValueError):
                activity.waiting.remove(offered[0])

        def offer(beat: Callable[[], None], taken: Callable[[str | None], None]) -> None:
            tokens.wait(token, answered, beat)
            offered.append((token, task, taken))
            with activity.changed:
                activity.waiting.append(offered[0])
                activity.changed.notify()

        return Submitted({}, done, gone, idle=True, beating=offer)

    return CheckedHandler(serve, check)
