"""The timeline: the state and depth of each event, and the children of DISTRIBUTED Maps."""

from asl_toolkit import Services, VirtualClock, inline, load, timeline

WAIT = {"Type": "Wait", "Seconds": 1, "End": True}


def shown(states, start, data, services=None):
    children = []
    machine = load({"StartAt": start, "States": states})
    result = machine.start(data, services=services, clock=VirtualClock(), child_listener=children.append).wait(20)
    return [line[16:].rstrip() for line in timeline(result.events, children)], children


def test_events_inside_of_parallel_and_map_states_are_named_and_indented():
    processor = {"StartAt": "Line", "States": {"Line": WAIT}}
    branches = [
        {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "End": True}}},
        {"StartAt": "Lines", "States": {"Lines": {"Type": "Map", "ItemProcessor": processor, "MaxConcurrency": 1, "End": True}}},
    ]
    both = {"Type": "Parallel", "Branches": branches, "ResultPath": None, "Next": "Done"}
    lines, _ = shown({"Both": both, "Done": {"Type": "Succeed"}}, "Both", ["a", "b"])
    assert [(len(line) - len(line.lstrip()), *line.split()[:3]) for line in lines] == [
        (0, "ExecutionStarted", '["a","b"]'),
        (0, "ParallelStateEntered", "Both", '["a","b"]'),
        (0, "ParallelStateStarted", "Both"),
        (2, "PassStateEntered", "Left", '["a","b"]'),
        (2, "MapStateEntered", "Lines", '["a","b"]'),
        (2, "PassStateExited", "Left", '["a","b"]'),
        (2, "MapStateStarted", "Lines"),
        (4, "MapIterationStarted", "Lines", "[0]"),
        (4, "WaitStateEntered", "Line", "[0]"),
        (4, "WaitStateExited", "Line", "[0]"),
        (4, "MapIterationSucceeded", "Lines", "[0]"),
        (4, "MapIterationStarted", "Lines", "[1]"),
        (4, "WaitStateEntered", "Line", "[1]"),
        (4, "WaitStateExited", "Line", "[1]"),
        (4, "MapIterationSucceeded", "Lines", "[1]"),
        (2, "MapStateSucceeded", "Lines"),
        (2, "MapStateExited", "Lines", '["a","b"]'),
        (0, "ParallelStateSucceeded", "Both"),
        (0, "ParallelStateExited", "Both", '["a","b"]'),
        (0, "SucceedStateEntered", "Done", '["a","b"]'),
        (0, "SucceedStateExited", "Done", '["a","b"]'),
        (0, "ExecutionSucceeded", '["a","b"]'),
    ]


def test_a_failure_inside_belongs_to_each_outer_state():
    inner = {"StartAt": "Job", "States": {"Job": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}}}
    middle = {"Type": "Parallel", "Branches": [inner], "End": True}
    outer = {"Type": "Parallel", "Branches": [{"StartAt": "Middle", "States": {"Middle": middle}}], "Next": "Done"}
    outer["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    services = Services({("sns", "publish"): inline(lambda _request: 1 / 0)})
    lines, _ = shown({"Outer": outer, "Done": {"Type": "Succeed"}}, "Outer", {}, services)
    assert [(len(line) - len(line.lstrip()), *line.split()[:2]) for line in lines[-8:]] == [
        (4, "TaskFailed", "Job"),
        (4, "TaskStateAborted", "Job"),
        (2, "ParallelStateFailed", "Middle"),
        (0, "ParallelStateFailed", "Outer"),
        (0, "ParallelStateExited", "Outer"),
        (0, "SucceedStateEntered", "Done"),
        (0, "SucceedStateExited", "Done"),
        (0, "ExecutionSucceeded", '{"Error":"States.TaskFailed","Cause":"{\\"errorMessage\\":'),
    ]


def test_a_cut_state_is_named_although_its_event_follows_the_failure():
    routes = {
        "Route": {"Type": "Choice", "Choices": [{"Variable": "$", "StringEquals": "bad", "Next": "Pause"}], "Default": "Long"},
        "Pause": {"Type": "Wait", "Seconds": 5, "Next": "Boom"},
        "Boom": {"Type": "Fail"},
        "Long": {"Type": "Wait", "Seconds": 90, "End": True},
    }
    map_state = {"Type": "Map", "ItemProcessor": {"StartAt": "Route", "States": routes}, "End": True}
    slow = {"StartAt": "Slow", "States": {"Slow": {"Type": "Wait", "Seconds": 60, "End": True}}}
    both = {"Type": "Parallel", "Branches": [slow, {"StartAt": "Each", "States": {"Each": map_state}}], "End": True}
    lines, _ = shown({"Both": both}, "Both", ["good", "bad"])
    assert [(len(line) - len(line.lstrip()), *line.split()[:3]) for line in lines[-8:]] == [
        (4, "FailStateEntered", "Boom", "[1]"),
        (4, "MapIterationAborted", "Each", "[0]"),
        (4, "WaitStateAborted", "Long", "[0]"),
        (4, "MapIterationFailed", "Each", "[1]"),
        (2, "MapStateFailed", "Each"),
        (2, "WaitStateAborted", "Slow"),
        (0, "ParallelStateFailed", "Both"),
        (0, "ExecutionFailed"),
    ]


def test_children_stand_below_their_map_run():
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    states = {
        "M": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": config, "StartAt": "W", "States": {"W": WAIT}}, "End": True}
    }
    lines, (child,) = shown(states, "M", ["a"])
    assert [" ".join(line.split()) for line in lines[3:]] == [
        f"MapRunStarted M {child.map_run_arn.rsplit(':', 1)[-1]}",
        f"child {child.name} SUCCEEDED",
        'ExecutionStarted "a"',
        'WaitStateEntered W "a"',
        'WaitStateExited W "a"',
        'ExecutionSucceeded "a"',
        "MapRunSucceeded M",
        "MapStateSucceeded M",
        'MapStateExited M ["a"]',
        'ExecutionSucceeded ["a"]',
    ]


def test_no_events_no_lines():
    assert list(timeline([])) == []
