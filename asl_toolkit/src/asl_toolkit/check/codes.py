"""The table of finding codes: severity, meaning and remedy. CHECKS.md is made from it.

A name in brackets is AWS's code for the same fault: API reference, ValidateStateMachineDefinitionDiagnostic.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple


class Code(NamedTuple):
    """One kind of fault."""

    group: str
    severity: Literal["ERROR", "WARNING"]
    meaning: str
    remedy: str
    advice: bool = False  # about good practice: many definitions that work have it, so `check` shows it at --level advice


def _error(group: str, meaning: str, remedy: str) -> Code:
    return Code(group, "ERROR", meaning, remedy)


def _warning(group: str, meaning: str, remedy: str) -> Code:
    return Code(group, "WARNING", meaning, remedy)


def _advice(group: str, meaning: str, remedy: str) -> Code:
    return Code(group, "WARNING", meaning, remedy, advice=True)


_DOCUMENT, _STATES, _GRAPH, _ERRORS = "Document", "States and fields", "Graph", "Retry and Catch"
_EXPRESSIONS, _CHOICE, _MAP, _SERVICES, _AWS = "Paths, intrinsics, JSONata", "Choice", "Map", "Services", "AWS's own answer"
_RUN = "Reported only by `run`"

CODES: Final[Mapping[str, Code]] = {
    "JSON_SYNTAX": _error(_DOCUMENT, "the text is not JSON (INVALID_JSON_DESCRIPTION)", "Correct the JSON text at this place"),
    "NOT_READABLE": _error(
        _DOCUMENT,
        "the file or the template has no definition that can be read here: not YAML, a definition in S3, a missing file",
        "Check the file that has the definition",
    ),
    "DUPLICATE_KEY": _error(
        _DOCUMENT, "an object has a member twice: JSON readers keep only the last one", "Rename or remove one of them"
    ),
    "TOO_LARGE": _error(
        _DOCUMENT, "the definition is over 1 MB", "Move literal data to S3, or move parts of the machine to a second machine"
    ),
    "LARGE_PAYLOAD": _warning(
        _DOCUMENT,
        "a literal payload is over 256 KiB: the run fails with States.DataLimitExceeded",
        "Move the data to S3 and pass its key",
    ),
    "TOO_DEEP": _error(_DOCUMENT, "states, rules or values are nested too deeply (TOO_DEEPLY_NESTED)", "Flatten the nesting"),
    "PLACEHOLDERS": _advice(
        _DOCUMENT,
        "values hold `${…}` placeholders, which are not checked",
        "Check the definition again after substitution",
    ),
    "WRONG_TYPE": _error(_STATES, "a field's value has the wrong JSON type", "Give a value of the type that the message names"),
    "WRONG_VALUE": _error(_STATES, "a field's value is out of range or is not one of the allowed words", "Give an allowed value"),
    "MISSING_FIELD": _error(_STATES, "a required field is missing", "Add the field"),
    "UNKNOWN_FIELD": _error(_STATES, "the object cannot have this field", "Remove the field or correct its name"),
    "EXCLUSIVE_FIELDS": _error(_STATES, "two fields exclude each other", "Keep one of them"),
    "WRONG_LANGUAGE": _error(
        _STATES,
        "a JSONPath field in a JSONata state, the reverse, or a JSONPath state in a JSONata machine",
        "Use the fields of the state's query language",
    ),
    "STATE_NAME": _error(_STATES, "a state's name is empty or over 80 characters (INVALID_STATE_NAME)", "Shorten the name"),
    "DUPLICATE_STATE": _error(
        _STATES,
        "two states of the machine have the same name, even in different scopes (DUPLICATE_STATE_NAME)",
        "Rename one of them",
    ),
    "SILENT_FAIL": _advice(
        _STATES, "a Fail state has no Error or no Cause, so the execution does not say why it failed", "Add Error and Cause"
    ),
    "STATIC_RESULT": _warning(
        _STATES,
        "Result of a Pass has text that looks like a path, but AWS does not evaluate Result (PASS_RESULT_IS_STATIC)",
        "Use Parameters: AWS evaluates its members that end in `.$`",
    ),
    "MISSING_TARGET": _error(
        _GRAPH, "a transition leads to a state that does not exist (MISSING_TRANSITION_TARGET)", "Name an existing state"
    ),
    "OUT_OF_SCOPE": _error(
        _GRAPH,
        "a transition leads to a state of another branch or processor, or of the machine around it (MISSING_TRANSITION_TARGET)",
        "End the branch and continue from the Parallel or Map state: a transition stays inside its own States",
    ),
    "UNREACHABLE": _error(
        _GRAPH, "no transition leads to the state (MISSING_TRANSITION_TARGET)", "Add a transition to it, or remove it"
    ),
    "NO_END": _error(
        _GRAPH, "a machine, branch or processor has no terminal state (MISSING_END_STATE)", 'Give a state "End": true'
    ),
    "ENDLESS": _warning(_GRAPH, "no terminal state can be reached from these states", "Add a transition that leaves the loop"),
    "HANDLER_PLACEMENT": _error(
        _ERRORS, "Retry or Catch on a state that cannot have it", "Only Task, Parallel and Map have Retry and Catch"
    ),
    "ERROR_NAMES": _error(
        _ERRORS,
        "States.ALL is not alone or not last",
        "Put States.ALL alone into the last entry",
    ),
    "UNKNOWN_ERROR_NAME": _warning(
        _ERRORS,
        "an error name begins with `States.`, but Step Functions has no such error",
        "Correct the name, or begin your own error names differently",
    ),
    "DEAD_HANDLER": _warning(
        _ERRORS,
        "an entry of Retry or Catch can never match: an earlier entry matches its errors, or nothing can catch them",
        "Put the specific entry before the general one, or remove the entry",
    ),
    "RETRY_REPEATS_ALL": _advice(
        _ERRORS,
        "Retry on a Map or Parallel runs all its iterations or branches again, including those that succeeded",
        "Put Retry on the states inside",
    ),
    "PATH_SYNTAX": _error(_EXPRESSIONS, "a JSONPath cannot be read", "Correct the path"),
    "PATH_UNSURE": _warning(
        _EXPRESSIONS,
        "a JSONPath uses syntax that this checker cannot judge (unquoted special characters, regular expressions)",
        "Write a simpler path; quote special names, as in $['a b']",
    ),
    "REFERENCE_PATH": _error(
        _EXPRESSIONS,
        "ResultPath is not a reference path into the state's input (member names and positions only; not $$)",
        "Write a path such as $.result, or null",
    ),
    "INTRINSIC": _error(_EXPRESSIONS, "an intrinsic function is unknown or misspelt", "Correct the call"),
    "INTRINSIC_ARGUMENTS": _warning(
        _EXPRESSIONS,
        "an intrinsic function has too few or too many arguments: the run fails with States.Runtime",
        "Give the arguments that the function takes",
    ),
    "INTRINSIC_DEPTH": _warning(
        _EXPRESSIONS,
        "more than 10 intrinsic functions are nested in one field, the most that the developer guide allows",
        "Assign an inner part to a variable, or compute it in a Pass state before",
    ),
    "FORMAT_ARGUMENTS": _warning(
        _EXPRESSIONS,
        "States.Format has more or fewer {} than arguments: the run fails with States.Runtime",
        "Give one argument for each {}",
    ),
    "TEMPLATE_KEY": _error(
        _EXPRESSIONS,
        "a member that ends in `.$` is not a path or intrinsic function, or the object also has this member without `.$`",
        "Give a path ($…) or an intrinsic (States.…), or remove `.$` from the name",
    ),
    "NO_DOLLAR": _warning(
        _EXPRESSIONS,
        "a value looks like a path or an intrinsic, but its member's name lacks `.$`, so AWS does not evaluate it (NO_DOLLAR)",
        "If AWS is to evaluate the value, let the member's name end in `.$`",
    ),
    "CONTEXT_PATH": _warning(
        _EXPRESSIONS,
        "the context object ($$) has no such member here: the run fails with States.Runtime, which nothing catches",
        "See the developer guide, “Context object”, for its members",
    ),
    "JSONATA_SYNTAX": _error(_EXPRESSIONS, "a JSONata expression cannot be parsed", "Correct the expression"),
    "JSONATA_REFERENCE": _error(
        _EXPRESSIONS,
        "a JSONata expression reads a name that belongs to no value (UNSUPPORTED_JSONATA_EXPRESSION)",
        "Read a member of $states.input or of a variable, as in $states.input.name",
    ),
    "STATES_MEMBER": _error(
        _EXPRESSIONS,
        "a JSONata expression reads a member of $states that does not exist or is not available in this field",
        "Read $states.input or $states.context. Output and Assign may read $states.result, in a Catch $states.errorOutput",
    ),
    "JSONATA_MARKS": _error(
        _EXPRESSIONS,
        "a string of a JSONata state begins with {% or ends with %}, but not both",
        "Begin the string with {% and end it with %}",
    ),
    "JSONATA_EMBEDDED": _warning(
        _EXPRESSIONS,
        "{% … %} is inside a longer string, has blanks outside, or is in a JSONPath state, so AWS does not evaluate it",
        "Make the whole string one expression, as in {% 'Hello ' & $name %}, in a state with QueryLanguage JSONata",
    ),
    "JSONPATH_LITERAL": _warning(
        _EXPRESSIONS,
        "a value of a JSONata state looks like a JSONPath or an intrinsic function, which AWS does not evaluate there",
        "Write it in JSONata, as in {% $states.input.name %}",
    ),
    "VARIABLE_NAME": _error(
        _EXPRESSIONS,
        "Assign has an invalid name: a name is an identifier of at most 80 characters and not `states`",
        "Rename the variable",
    ),
    "VARIABLE_SHADOWS": _error(
        _EXPRESSIONS,
        "a variable of an inner scope has the same name as a variable of an outer scope",
        "Rename one of them",
    ),
    "UNKNOWN_VARIABLE": _warning(
        _EXPRESSIONS,
        "an expression reads a variable that no state in its scopes assigns (a Distributed Map cannot read outer variables)",
        "Assign the variable before, or correct its name",
    ),
    "CHOICE_RULE": _error(
        _CHOICE,
        "a choice rule is invalid: an unknown operator, no operator or several, a wrong operand, or a misplaced Next",
        "Write one comparison with its Variable, or And, Or, Not",
    ),
    "CHOICE_NO_DEFAULT": _advice(
        _CHOICE,
        "a Choice has no Default: if no rule matches, the run fails with States.Runtime, which nothing catches",
        "Add Default with a state that records the case",
    ),
    "CHOICE_UNGUARDED": _advice(
        _CHOICE,
        "a Choice compares a Variable that may be absent: the run then fails with States.Runtime, in spite of Default",
        'Test {"Variable": …, "IsPresent": true} first, in an And',
    ),
    "MAP_MODE": _error(
        _MAP,
        "an INLINE Map has a field of DISTRIBUTED mode, or the reverse, or a Distributed Map is not allowed here",
        "Set ProcessorConfig.Mode to DISTRIBUTED (with ExecutionType), or remove the field",
    ),
    "MAP_FIELD_IGNORED": _warning(
        _MAP,
        "an INLINE Map has a field of DISTRIBUTED mode, which AWS accepts and ignores",
        "Set ProcessorConfig.Mode to DISTRIBUTED (with ExecutionType), or remove the field",
    ),
    "DUPLICATE_LABEL": _error(_MAP, "two Distributed Maps have the same Label (DUPLICATE_LABEL_NAME)", "Rename one of them"),
    "MAP_CONCURRENCY": _warning(
        _MAP,
        "MaxConcurrency of an INLINE Map is over 40, but AWS runs at most 40 at once",
        "Use at most 40, or use DISTRIBUTED mode",
    ),
    "RESOURCE": _error(_SERVICES, "Resource is not an ARN that a Task can have (INVALID_RESOURCE)", "Correct the ARN"),
    "PARTITION": _error(
        _SERVICES,
        "the machine has ARNs of different partitions, or of another partition than the Region's",
        "Use one partition: aws, aws-cn or aws-us-gov",
    ),
    "UNKNOWN_SERVICE": _error(_SERVICES, "Step Functions has no such service integration", "Correct the service's name"),
    "UNKNOWN_ACTION": _error(
        _SERVICES, "the service has no such action (actions begin with a lower-case letter)", "Correct the action's name"
    ),
    "PATTERN": _error(
        _SERVICES,
        "the integration does not support this pattern (.sync, .sync:2, .waitForTaskToken), or an Express machine does not",
        "Use a pattern that the integration supports",
    ),
    "NO_TIMEOUT": _advice(
        _SERVICES,
        "a Task that waits for a job, a token or a worker has no timeout, so the execution may wait for a year",
        "Add TimeoutSeconds (or HeartbeatSeconds for a task token or an activity)",
    ),
    "NO_TASK_TOKEN": _warning(
        _SERVICES,
        "a .waitForTaskToken Task does not pass its task token on, so no answer can come",
        "Pass $$.Task.Token (JSONata: $states.context.Task.Token) to the service",
    ),
    "PARAMETER_MISSING": _error(_SERVICES, "a member that the service requires is missing", "Add the member"),
    "PARAMETER_UNKNOWN": _error(_SERVICES, "the service's request has no such member", "Correct or remove the member"),
    "PARAMETER_CASE": _error(
        _SERVICES, "a member's name has the wrong case: Step Functions uses PascalCase for every service", "Correct the case"
    ),
    "PARAMETER_TYPE": _error(
        _SERVICES,
        "a literal has another type than the service's member: the run fails with States.Runtime, which nothing catches",
        "Give that type",
    ),
    "PARAMETER_VALUE": _error(
        _SERVICES, "a literal is not one of the allowed words, or is too long, short, big or small", "Correct it"
    ),
    "RESULT_MEMBER": _warning(
        _SERVICES,
        "ResultSelector, ResultPath or OutputPath reads a member that the answer may not have: States.Runtime",
        "Select only members that are always there, or read the others in a later state that tests them",
    ),
    "MODELS_MISSING": _warning(
        _SERVICES,
        "botocore is not installed, so actions and parameters of services were not checked",
        "Install boto3",
    ),
    "AWS_ERROR": _error(_AWS, "ValidateStateMachineDefinition reports an error", "See the message of AWS"),
    "AWS_WARNING": _warning(_AWS, "ValidateStateMachineDefinition reports a warning", "See the message of AWS"),
    "AWS_TRUNCATED": _warning(
        _AWS, "ValidateStateMachineDefinition cut its list of diagnostics", "Correct these faults and ask again"
    ),
    "NOT_RUN_HERE": _error(
        _RUN, "AWS runs this, but the interpreter of this toolkit does not", "Replace the state with a mock, or test it on AWS"
    ),
    "NO_HANDLER": _error(
        _RUN,
        "a Task of the machine has no handler",
        "Mock it (run --mocks, mocks= of the asl fixture), pass a handler in Services, or call AWS (run --aws)",
    ),
}
