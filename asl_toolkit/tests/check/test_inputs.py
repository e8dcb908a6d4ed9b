"""Definitions in YAML, in CloudFormation and SAM templates, in folders and globs."""

import json
import time

import pytest

from asl_toolkit.check.command import main
from asl_toolkit.commands.run import main as run

YAML = """\
# a comment
StartAt: Each
States:
  Each:
    Type: Map
    ItemProcessor:
      StartAt: Job
      States:
        Job:
          Type: Task
          Resource: ${Job}
          TimeoutSeconds: 60
          Next: Nowhere
    End: true
"""
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Target: {Type: String, Default: Done}
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Inline:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      Definition:
        StartAt: A
        States:
          A: {Type: Task, Resource: !GetAtt Function.Arn, Next: !Ref Target}
          Done: {Type: Succeed}
  Text:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionSubstitutions: {Target: Gone}
      DefinitionString: !Sub |
        {
          "StartAt": "A",
          "States": {
            "A": {"Type": "Pass", "Next": "${!Target}"}
          }
        }
  Joined:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: !Join
        - ""
        - ['{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "', !GetAtt F.Arn, '", "End": true}}}']
  File:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machines/file.asl.json
      DefinitionSubstitutions: {Next: There}
"""
FILE = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "${Next}"}, "There": {"Type": "Succeed"}}}'


PLACES = ["template.yml#Inline:13:59", "template.yml#Text:23:35", "machines/file.asl.json:1:51"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "machines").mkdir()
    (tmp_path / "machine.yaml").write_text(YAML)
    (tmp_path / "template.yml").write_text(TEMPLATE)
    (tmp_path / "machines/file.asl.json").write_text(FILE)
    return tmp_path


def lines(capsys, *arguments, code=None):
    """The lines that `check` prints, without those that follow from a wrong transition."""
    got = main(arguments)
    shown = capsys.readouterr()
    assert code is None or got == code, shown
    return [line for line in (shown.out + shown.err).splitlines() if "NO_END" not in line and "UNREACHABLE" not in line]


def test_yaml_has_lines_and_columns(place, capsys):
    first, last = lines(capsys, "machine.yaml", code=1)
    place_and_code = "machine.yaml:13:11: ERROR MISSING_TARGET /States/Each/ItemProcessor/States/Job/Next: "
    assert first == f"{place_and_code}there is no state 'Nowhere' in the Map's processor. Name an existing state."
    assert last == "1 file: 2 errors, 0 warnings (1 more with --level advice)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "ERROR NOT_READABLE /: it is not YAML: "),
        ("a: 1\nb: 2\na: 3", "3:1: ERROR NOT_READABLE /: the member 'a' is here more than once"),
        ("- 1", "1:1: ERROR WRONG_TYPE /: the definition is an object, not an array"),
        ("", "1:1: ERROR WRONG_TYPE /: the definition is an object, not null"),
        ("a: 1\n? [b, c]\n: 2", "2:3: ERROR NOT_READABLE /: the name of a member is a text, not a list or an object"),
        ("a: &a [*a]", "1:4: ERROR NOT_READABLE /: more than 200 levels are nested here."),
        ("a: &a !Sub [x, {y: *a}]", "1:13: ERROR NOT_READABLE /: more than 200 levels are nested here."),
        ("a: \x00", "ERROR NOT_READABLE /: it is not YAML: "),
    ],
)
def test_yaml_that_cannot_be_read(place, capsys, text, message):
    (place / "bad.yaml").write_text(text)
    assert message in lines(capsys, "bad.yaml", code=1)[0]


def test_yaml_that_is_not_utf_8_is_named(place, capsys):
    (place / "latin.yaml").write_bytes("StartAt: Prüfen\n".encode("latin-1"))
    assert lines(capsys, "latin.yaml", code=1)[0].startswith(
        "latin.yaml:1:1: ERROR JSON_SYNTAX /: the text is not UTF-8 (byte 11)."
    )


def repeated(levels, width, leaf="x"):
    """A list of lists of lists …, each of which is an alias of the same list."""
    rows = [f"a0: &a0 [{', '.join([leaf] * width)}]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(rows)


@pytest.mark.parametrize(
    "text",
    [
        repeated(9, 10),
        repeated(60, 2),
        repeated(2, 20_000),
        repeated(9, 10, "{y: !Sub z}"),
        f"a: &a {{b: 1}}\nc: [{'*a, ' * 30_000}]",
    ],
    ids=["by ten", "by two", "wide", "functions", "one object"],
)
def test_aliases_that_multiply_are_refused(place, capsys, text):
    (place / "bomb.yaml").write_text(text)
    begin = time.process_time()
    (line, *_) = lines(capsys, "bomb.yaml", code=1)
    assert "NOT_READABLE /: aliases of this value and of others repeat more than 50,000 values." in line
    assert time.process_time() - begin < 5


def test_aliases_that_repeat_a_handler_are_read(place, capsys):
    task = "Type: Task, Resource: 'arn:aws:states:::lambda:invoke', Parameters: *p, Retry: *r"
    states = "".join(f"  S{n}: {{{task}, Next: S{n + 1}}}\n" for n in range(300))
    first = "x: &r [{ErrorEquals: [States.TaskFailed], MaxAttempts: 1}]\ny: &p {FunctionName: f, Payload: {a: 1}}\n"
    (place / "many.yaml").write_text(f"{first}StartAt: S0\nStates:\n{states}  S300: {{Type: Succeed}}\n")
    *unknown, last = lines(capsys, "many.yaml", code=1)
    assert [line.split()[2] for line in unknown] == ["UNKNOWN_FIELD", "UNKNOWN_FIELD"]
    assert last == "1 file: 2 errors, 0 warnings"


@pytest.mark.parametrize("name", ["big.json", "big.yaml"])
def test_a_file_that_is_far_too_large_is_not_read(place, capsys, name):
    """AWS accepts 1 MiB. In a folder, a large file is passed over if it holds no word of a state machine."""
    junk = ", ".join(f'"k{n}": "value"' for n in range(300_000))
    (place / name).write_text(f'{{"StartAt": "A", "States": {{"A": {{"Type": "Succeed"}}}}, "x-junk": {{{junk}}}}}')
    size = (place / name).stat().st_size
    begin = time.process_time()
    (line, _) = lines(capsys, name, code=1)
    text = f"the text has {size:,} bytes, so it is not read: AWS accepts 1,048,576."
    assert line.startswith(f"{name}:1:1: ERROR TOO_LARGE /: {text}")
    (place / "data").mkdir()
    (place / "data" / name).write_text(f"{{{junk}}}")
    assert main(["data"]) == 2
    assert capsys.readouterr().err == "check: no state machine is in data\n"
    assert time.process_time() - begin < 5


def test_words_of_yaml_are_those_of_json(place, capsys):
    (place / "words.yaml").write_text(
        "StartAt: on\nStates:\n  on: {Type: Pass, Result: [yes, 2026-01-31, 0x10, ~, True], End: true}\n"
    )
    assert lines(capsys, "words.yaml", code=0) == ["1 file: 0 errors, 0 warnings"]


def test_the_machines_of_a_template(place, capsys):
    shown = lines(capsys, "template.yml", code=1)
    assert shown[0].startswith("template.yml#Text:23:35: ERROR MISSING_TARGET /States/A/Next: there is no state 'Gone'")
    assert shown[1:] == ["2 files: 2 errors, 0 warnings (2 more with --level advice)"]
    shown = lines(capsys, "--substitute", "Target=Done2", "--substitute", "Next=Nowhere", "template.yml", code=1)
    assert [line.split()[0] for line in shown[:-1]] == [f"{it}:" for it in PLACES]


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        (
            {"DefinitionUri": "s3://bucket/key"},
            "the definition of 'M' is in S3 (s3://bucket/key): download it, and",
        ),
        ({"DefinitionUri": {"Bucket": "b", "Key": "k"}}, "the definition of 'M' is in S3 (bucket b, key k): download it"),
        ({"DefinitionS3Location": {"Bucket": "b", "Key": {"Ref": "K"}}}, "the definition of 'M' is in S3 (bucket b, key ${K})"),
        ({"DefinitionUri": "/dev/null"}, "'/dev/null' of 'M' is not a file"),
        ({"DefinitionUri": "."}, "'.' of 'M' is not a file"),
        ({"DefinitionUri": "gone.json"}, "cannot read 'gone.json' of 'M': No such file or directory"),
        ({}, "the state machine 'M' has none of Definition, DefinitionString, DefinitionUri, DefinitionS3Location"),
        (None, "the state machine 'M' has none of Definition"),
    ],
)
def test_a_definition_that_is_elsewhere(place, capsys, properties, message):
    template = {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine", "Properties": properties}}}
    (place / "t.json").write_text(json.dumps(template))
    first = lines(capsys, "t.json", code=1)[0]
    assert first.startswith("t.json:1:")
    assert message in first


@pytest.mark.parametrize("properties", [{"DefinitionUri": "s3://bucket/key"}, {"DefinitionUri": "bad.yaml"}, {}])
def test_a_machine_that_cannot_be_read_does_not_hide_the_others(place, capsys, properties):
    kind = "AWS::Serverless::StateMachine"
    faulty = {"StartAt": "Gone", "States": {"A": {"Type": "Pass", "End": True}}}
    good = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 7, "End": True}}}
    machines = {"Elsewhere": properties, "Faulty": {"Definition": faulty}, "Good": {"Definition": good}}
    template = {"Resources": {name: {"Type": kind, "Properties": it} for name, it in machines.items()}}
    (place / "t.json").write_text(json.dumps(template))
    (place / "bad.yaml").write_text("a: [")
    shown = lines(capsys, "t.json", code=1)
    assert "ERROR NOT_READABLE" in shown[0]
    assert shown[1].startswith("t.json#Faulty:1:")
    assert ": 2 errors, 0 warnings" in shown[-1]
    assert run(["t.json#Good"]) == 0
    assert capsys.readouterr().out == "7\n"
    assert run(["t.json#Elsewhere"]) == 2
    assert "has no state machine" not in capsys.readouterr().err


def test_folders_and_globs(place, capsys):
    (place / ".hidden").mkdir()
    (place / ".hidden/x.json").write_text("{")
    (place / "package.json").write_text('{"name": "x"}')
    shown = lines(capsys, ".", code=1)
    assert shown[-1].startswith("3 files: 4 errors")
    assert lines(capsys, "mach*.yaml", code=1)[-1].startswith("1 file: 2 errors")
    assert lines(capsys, "machines", code=0) == ["1 file: 0 errors, 0 warnings (1 more with --level advice)"]
    assert lines(capsys, "*.txt", code=2) == [
        "check: no definition is in '*.txt': it has no file with one of the endings .json, .asl, .yaml, .yml, .template"
    ]


def test_substitutions_are_checked(place, capsys):
    assert "Nowhere" in lines(capsys, "--substitute", "Next=Nowhere", "machines/file.asl.json", code=1)[0]
    with pytest.raises(SystemExit):
        main(["--substitute", "Next", "machine.yaml"])
    assert "'Next' is not NAME=VALUE" in capsys.readouterr().err


def test_a_substitution_does_not_lose_a_state(place, capsys):
    states = {"${A}": {"Type": "Pass", "End": True}, "${B}": {"Type": "Fail"}}
    (place / "two.json").write_text(json.dumps({"StartAt": "${A}", "States": states}))
    lines(capsys, "two.json", "--substitute", "A=x", "--substitute", "B=y", code=1)
    first = lines(capsys, "two.json", "--substitute", "A=x", "--substitute", "B=x", code=1)[0]
    assert "ERROR NOT_READABLE /: the member 'x' is in one object more than once after the substitution of '${B}'" in first


def test_levels(place, capsys):
    (place / "m.json").write_text('{"StartAt": "F", "States": {"F": {"Type": "Fail"}}}')
    assert lines(capsys, "m.json", code=0) == ["1 file: 0 errors, 0 warnings (2 more with --level advice)"]
    assert len(lines(capsys, "--level", "advice", "m.json", code=0)) == 3
    (place / "w.json").write_text('{"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"a.$": "$.b"}, "End": true}}}')
    assert "STATIC_RESULT" in lines(capsys, "w.json", code=0)[0]
    assert len(lines(capsys, "--level", "error", "w.json", code=0)) == 1


def test_github_shows_findings_beside_the_line(place, capsys):
    (place / "a,b.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}')
    head = "::error file=a%2Cb.json,line=1,col=51,title=MISSING_TARGET::/States/A/Next: "
    text = "there is no state 'B' in the machine. Name an existing state."
    assert lines(capsys, "--output", "github", "a,b.json", code=1) == [head + text, "1 file: 2 errors, 0 warnings"]


def test_sarif_has_rules_and_places(place, capsys):
    assert main(["--output", "sarif", "template.yml", "machine.yaml"]) == 1
    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    assert (log["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "asl-toolkit")
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["MISSING_TARGET", "NO_END"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning"}
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert {"artifactLocation": {"uri": "machine.yaml"}, "region": {"startLine": 13, "startColumn": 11}} in places
