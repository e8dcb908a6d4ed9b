"""The mock file of Step Functions Local (MockConfigFile.json), as a document of mocks.

Source: developer guide, "Using mocked service integrations for testing in Step Functions Local": StateMachines → TestCases →
state → name of a response; MockedResponses → number of the call, or a range of numbers → Return or Throw.
"""

import re
from collections.abc import Iterator, Mapping

from asl_toolkit.json_value import Json
from asl_toolkit.mocks.answers import MockError

_NUMBERS = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")
_MOST_CALLS = 10_000


def is_local_file(document: Json) -> bool:
    """Whether a document has the form of Step Functions Local."""
    return isinstance(document, Mapping) and ("StateMachines" in document or "MockedResponses" in document)


def from_local_file(document: Mapping[str, Json], case: str | None) -> Mapping[str, Json]:
    """The mocks of a test case: `CASE`, or `MACHINE#CASE` if several machines have it. Raises MockError.

    None stands for the only test case of the file.
    """
    cases = {name: states for name, states in _cases(document) if case in {None, name, name.partition("#")[2]}}
    if len(cases) != 1:
        known = ", ".join(name for name, _ in _cases(document)) or "none"
        what = "it has no such test case" if not cases and case is not None else "name one test case"
        raise MockError(f"the mock file of Step Functions Local: {what} with --test-case; there are {known}")
    ((name, states),) = cases.items()
    responses = _object(document.get("MockedResponses", {}), "MockedResponses")
    return {"states": {state: _answers(response, responses, f"{name}/{state}") for state, response in states.items()}}


def _cases(document: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    for machine, about in _object(document.get("StateMachines", {}), "StateMachines").items():
        cases = _object(about, f"StateMachines.{machine}").get("TestCases", {})
        for case, states in _object(cases, f"StateMachines.{machine}.TestCases").items():
            yield f"{machine}#{case}", _object(states, f"StateMachines.{machine}.TestCases.{case}")


def _answers(response: Json, responses: Mapping[str, Json], where: str) -> list[Json]:
    """The answers of the first call, the second call, …; later calls get the last one."""
    if response not in responses:
        raise MockError(f"{where} names the response {response!r}, which MockedResponses does not have")
    calls: dict[int, Json] = {}
    for numbers, answer in _object(responses[response], f"MockedResponses.{response}").items():
        place = f"MockedResponses.{response}.{numbers}"
        match = _NUMBERS.fullmatch(numbers)
        if match is None or int(match[2] or match[1]) >= _MOST_CALLS:
            raise MockError(f"{place}: a key is the number of a call from 0, or a range such as 1-2")
        for number in range(int(match[1]), int(match[2] or match[1]) + 1):
            calls[number] = _answer(answer, place)
    if sorted(calls) != list(range(len(calls))) or not calls:
        raise MockError(f"MockedResponses.{response}: the numbers of the calls begin at 0 and have no gap, not {sorted(calls)}")
    return [calls[number] for number in range(len(calls))]


def _answer(answer: Json, place: str) -> Json:
    members = _object(answer, place)
    if set(members) == {"Return"}:
        return {"result": members["Return"]}
    thrown = members.get("Throw")
    if set(members) == {"Throw"} and isinstance(thrown, Mapping) and set(thrown) <= {"Error", "Cause"} and "Error" in thrown:
        return {"error": thrown["Error"], "cause": thrown.get("Cause", "")}
    raise MockError(f'{place} is {{"Return": …}} or {{"Throw": {{"Error": …, "Cause": …}}}}')


def _object(value: Json, where: str) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise MockError(f"{where} is an object, not {value!r:.100}")
    return value
