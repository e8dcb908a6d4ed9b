"""The table of finding codes: the severity, the meaning and the remedy of each. CHECKS.md is made from it.

The codes beside AWS's own (in brackets) name the same fault as ValidateStateMachineDefinition does; see the API reference,
ValidateStateMachineDefinitionDiagnostic.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple


class Code(NamedTuple):
    """One kind of fault."""

    group: str
    severity: Literal["ERROR", "WARNING"]
    meaning: str
    remedy: str


def _error(group: str, meaning: str, remedy: str) -> Code:
    return Code(group, "ERROR", meaning, remedy)


def _warning(group: str, meaning: str, remedy: str) -> Code:
    return Code(group, "WARNING", meaning, remedy)


_DOCUMENT, _STATES, _GRAPH, _ERRORS = "Document", "States and fields", "Graph", "Retry and Catch"
_EXPRESSIONS, _CHOICE, _MAP, _SERVICES, _AWS = "Paths, intrinsics, JSONata", "Choice", "Map", "Services", "AWS's own answer"
_RUN = "Said by `run` alone"

CODES: Final[Mapping[str, Code]] = {
    "JSON_SYNTAX": _error(_DOCUMENT, "the text is not JSON (INVALID_JSON_DESCRIPTION)", "Correct the JSON text at this place"),
    "DUPLICATE_KEY": _error(
        _DOCUMENT, "an object names a member twice: all but the last are lost without a word", "Rename or remove one of them"
    ),
    "TOO_LARGE": _error(
        _DOCUMENT, "the definition is over 1 MB", "Move literal data to S3, or parts of the machine to a machine of their own"
    ),
    "LARGE_PAYLOAD": _warning(
        _DOCUMENT,
        "a literal payload is over 256 KiB: States.DataLimitExceeded when it runs",
        "Move the data to S3 and pass its key",
    ),
    "TOO_DEEP": _error(_DOCUMENT, "states, rules or values are nested too deeply (TOO_DEEPLY_NESTED)", "Flatten the nesting"),
    "PLACEHOLDERS": _warning(
        _DOCUMENT,
        "values hold `${…}` placeholders: what stands there after substitution is not checked",
        "Check the definition once more after substitution",
    ),
    "WRONG_TYPE": _error(_STATES, "a field's value has the wrong JSON type", "Give a value of the type that is named"),
    "WRONG_VALUE": _error(_STATES, "a field's value is out of range, or not one of the allowed words", "Give an allowed value"),
    "MISSING_FIELD": _error(_STATES, "a required field is not there", "Add the field"),
    "UNKNOWN_FIELD": _error(_STATES, "the object cannot have this field", "Remove the field, or correct its name"),
    "EXCLUSIVE_FIELDS": _error(_STATES, "two fields exclude each other", "Keep one of them"),
    "WRONG_LANGUAGE": _error(
        _STATES,
        "a JSONPath field in a JSONata state, the reverse, or a JSONPath state in a JSONata machine",
        "Use the fields of the state's query language",
    ),
    "STATE_NAME": _error(_STATES, "a state's name is empty or over 80 characters (INVALID_STATE_NAME)", "Shorten the name"),
    "DUPLICATE_STATE": _error(
        _STATES, "two states of the machine have one name, in whatever scopes (DUPLICATE_STATE_NAME)", "Rename one of them"
    ),
    "SILENT_FAIL": _warning(
        _STATES, "a Fail state gives no Error or no Cause: the execution ends without saying why", "Add Error and Cause"
    ),
    "STATIC_RESULT": _warning(
        _STATES,
        "Result of a Pass holds what looks like a path: Result is taken literally (PASS_RESULT_IS_STATIC)",
        "Use Parameters, whose members ending in `.$` are evaluated",
    ),
    "MISSING_TARGET": _error(
        _GRAPH, "a transition leads to a state that does not exist (MISSING_TRANSITION_TARGET)", "Name an existing state"
    ),
    "OUT_OF_SCOPE": _error(
        _GRAPH,
        "a transition leads to a state of another branch, processor or of the machine around it (MISSING_TRANSITION_TARGET)",
        "Transitions stay inside the States they stand in: end the branch and go on from the Parallel or Map state",
    ),
    "UNREACHABLE": _error(_GRAPH, "no transition leads to the state (MISSING_TRANSITION_TARGET)", "Lead to it, or remove it"),
    "NO_END": _error(
        _GRAPH, "a machine, branch or processor has no terminal state (MISSING_END_STATE)", 'Give a state "End": true'
    ),
    "ENDLESS": _warning(_GRAPH, "from these states no terminal state can be reached", "Give the loop a way out"),
    "HANDLER_PLACEMENT": _error(
        _ERRORS, "Retry or Catch on a state that cannot have it", "Only Task, Parallel and Map have Retry and Catch"
    ),
    "ERROR_NAMES": _error(
        _ERRORS,
        "States.ALL is not alone or not last, or a name with the reserved prefix `States.` is not known",
        "Put States.ALL alone into the last entry; error names of your own do not begin with `States.`",
    ),
    "DEAD_HANDLER": _warning(
        _ERRORS,
        "an entry of Retry or Catch can never match: an earlier one takes its errors, or nothing can catch them",
        "Put the specific entry before the general one, or remove it",
    ),
    "RETRY_REPEATS_ALL": _warning(
        _ERRORS,
        "Retry on a Map or Parallel runs all its iterations or branches again, those that succeeded too",
        "Put Retry on the states inside",
    ),
    "PATH_SYNTAX": _error(_EXPRESSIONS, "a JSONPath cannot be read", "Correct the path"),
    "PATH_UNSURE": _warning(
        _EXPRESSIONS,
        "a JSONPath uses what this checker cannot judge (unquoted special characters, regular expressions)",
        "Write a plainer path; quote special names, as in $['a b']",
    ),
    "REFERENCE_PATH": _error(
        _EXPRESSIONS,
        "ResultPath is not a reference path into the state's input (member names and positions only; not $$)",
        "Write a path such as $.result, or null",
    ),
    "INTRINSIC": _error(_EXPRESSIONS, "an intrinsic function is unknown or misspelt", "Correct the call"),
    "INTRINSIC_ARGUMENTS": _warning(
        _EXPRESSIONS,
        "an intrinsic function has too few or too many arguments: States.Runtime when it runs",
        "Give the arguments that the function takes",
    ),
    "FORMAT_ARGUMENTS": _warning(
        _EXPRESSIONS,
        "States.Format has another number of {} than of arguments: States.Runtime when it runs",
        "Give one argument for each {}",
    ),
    "TEMPLATE_KEY": _error(
        _EXPRESSIONS,
        "a member whose name ends in `.$` holds neither a path nor an intrinsic function, or stands beside its namesake",
        "Give a path ($…) or an intrinsic (States.…), or take `.$` off the name",
    ),
    "NO_DOLLAR": _warning(
        _EXPRESSIONS,
        "a value looks like a path or an intrinsic, but its member's name lacks `.$`: it is taken literally (NO_DOLLAR)",
        "Let the member's name end in `.$` if the value is meant to be evaluated",
    ),
    "CONTEXT_PATH": _warning(
        _EXPRESSIONS,
        "the context object ($$) has no such member here: States.Runtime when it runs, which nothing catches",
        "See the developer guide, “Context object”, for its members",
    ),
    "JSONATA_SYNTAX": _error(_EXPRESSIONS, "a JSONata expression cannot be parsed", "Correct the expression"),
    "STATES_MEMBER": _error(
        _EXPRESSIONS,
        "a JSONata expression reads a member of $states that is not there, or not in this field",
        "Read $states.input or $states.context; the result in Output and Assign, the error in those of a Catch",
    ),
    "JSONATA_MARKS": _error(
        _EXPRESSIONS,
        "a string of a JSONata state begins with {% or ends with %}, but not both",
        "Begin the string with {% and end it with %}",
    ),
    "JSONATA_EMBEDDED": _warning(
        _EXPRESSIONS,
        "{% … %} stands inside a longer string, has blanks outside, or stands in a state of JSONPath: it is taken literally",
        "Make the whole string one expression, as in {% 'Hello ' & $name %}, in a state with QueryLanguage JSONata",
    ),
    "JSONPATH_LITERAL": _warning(
        _EXPRESSIONS,
        "a value of a JSONata state looks like a JSONPath or an intrinsic function: it is taken literally",
        "Write it in JSONata, as in {% $states.input.name %}",
    ),
    "VARIABLE_NAME": _error(
        _EXPRESSIONS,
        "Assign names a variable that cannot be: not an identifier of at most 80 characters, or `states`",
        "Rename the variable",
    ),
    "VARIABLE_SHADOWS": _error(
        _EXPRESSIONS,
        "a variable of an inner scope has the name of one of an outer scope, which Step Functions refuses",
        "Rename one of them",
    ),
    "UNKNOWN_VARIABLE": _warning(
        _EXPRESSIONS,
        "a variable is read that no state in sight assigns (a Distributed Map sees no outer variables)",
        "Assign it before, or correct its name",
    ),
    "CHOICE_RULE": _error(
        _CHOICE,
        "a choice rule is malformed: unknown operator, none or several of them, wrong operand, Next where it may not be",
        "Write one comparison with its Variable, or And, Or, Not",
    ),
    "CHOICE_NO_DEFAULT": _warning(
        _CHOICE, "a Choice has no Default: uncaught States.Runtime when no rule holds", "Add Default, to a state that records it"
    ),
    "CHOICE_UNGUARDED": _warning(
        _CHOICE,
        "a Choice compares a Variable that may be absent: States.Runtime, which nothing catches, Default or not",
        'Ask {"Variable": …, "IsPresent": true} first, in an And',
    ),
    "MAP_MODE": _error(
        _MAP,
        "a field of DISTRIBUTED mode in an INLINE Map, the reverse, or a Distributed Map where it cannot be",
        "Set ProcessorConfig.Mode to DISTRIBUTED (with ExecutionType), or remove the field",
    ),
    "MAP_FIELD_IGNORED": _warning(
        _MAP,
        "an INLINE Map has a field of DISTRIBUTED mode that AWS takes and does not act on",
        "Set ProcessorConfig.Mode to DISTRIBUTED (with ExecutionType), or remove the field",
    ),
    "DUPLICATE_LABEL": _error(_MAP, "two Distributed Maps have one Label (DUPLICATE_LABEL_NAME)", "Rename one of them"),
    "MAP_CONCURRENCY": _warning(
        _MAP, "MaxConcurrency of an INLINE Map is over 40, of which AWS runs 40", "Use 40 or less, or DISTRIBUTED mode"
    ),
    "RESOURCE": _error(_SERVICES, "Resource is not an ARN that a Task can have (INVALID_RESOURCE)", "Correct the ARN"),
    "PARTITION": _error(
        _SERVICES,
        "ARNs of different partitions in one machine, or another than the Region's",
        "Use one partition: aws, aws-cn or aws-us-gov",
    ),
    "UNKNOWN_SERVICE": _error(_SERVICES, "there is no such service integration", "Correct the service's name"),
    "UNKNOWN_ACTION": _error(
        _SERVICES, "the service has no such action (actions begin with a lower-case letter)", "Correct the action's name"
    ),
    "PATTERN": _error(
        _SERVICES,
        "the integration does not have this pattern (.sync, .sync:2, .waitForTaskToken), or not in an Express machine",
        "Use a pattern that the integration supports",
    ),
    "NO_TIMEOUT": _warning(
        _SERVICES,
        "a Task that waits for a job, a token or a worker has no timeout: the execution may hang for a year",
        "Add TimeoutSeconds (or HeartbeatSeconds for a task token or an activity)",
    ),
    "NO_TASK_TOKEN": _warning(
        _SERVICES,
        "a .waitForTaskToken Task passes no task token on: nobody can answer it",
        "Pass $$.Task.Token (JSONata: $states.context.Task.Token) to the service",
    ),
    "PARAMETER_MISSING": _error(_SERVICES, "a member that the service requires is not there", "Add the member"),
    "PARAMETER_UNKNOWN": _error(_SERVICES, "the service's request has no such member", "Correct or remove the member"),
    "PARAMETER_CASE": _error(
        _SERVICES, "a member's name is in the wrong case: Step Functions wants PascalCase for every service", "Correct the case"
    ),
    "PARAMETER_TYPE": _error(
        _SERVICES, "a literal has another type than the service's member: States.Runtime, which nothing catches", "Give that type"
    ),
    "PARAMETER_VALUE": _error(
        _SERVICES, "a literal is not one of the allowed words, or too long, short, big or small", "Correct it"
    ),
    "RESULT_MEMBER": _warning(
        _SERVICES,
        "ResultSelector, ResultPath or OutputPath reads a member that the service's answer may not have: States.Runtime",
        "Select only members that are always there, or read them in a later state that checks",
    ),
    "MODELS_MISSING": _warning(
        _SERVICES,
        "botocore is not installed: actions and parameters of services were not checked",
        "Install boto3",
    ),
    "AWS_ERROR": _error(_AWS, "ValidateStateMachineDefinition reports an error", "See the message of AWS"),
    "AWS_WARNING": _warning(_AWS, "ValidateStateMachineDefinition reports a warning", "See the message of AWS"),
    "AWS_TRUNCATED": _warning(
        _AWS, "ValidateStateMachineDefinition cut its list of diagnostics", "Mend what is listed and ask again"
    ),
    "NOT_RUN_HERE": _error(
        _RUN, "AWS runs this, the interpreter of this toolkit does not", "Test this state with a mock of the whole, or on AWS"
    ),
    "NO_HANDLER": _error(
        _RUN,
        "a Task of the machine has no handler",
        "Mock it (run --mocks, mocks= of the asl fixture), pass a handler in Services, or let AWS do it (run --aws)",
    ),
}
