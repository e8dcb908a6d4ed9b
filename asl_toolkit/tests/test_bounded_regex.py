"""Regular expressions: the answers of Python's `re`, and a limit for expressions that would need years or gigabytes."""

import re

import pytest

import asl_toolkit
from asl_toolkit import bounded_regex
from asl_toolkit.bounded_regex import BoundedPattern, TooSlow


def test_answers_are_those_of_python():
    pattern = BoundedPattern(r"(\w)(\d)?")
    assert [(it.group(), it.groups(), it.start(), it.end()) for it in pattern.finditer("a1-b")] == [
        ("a1", ("a", "1"), 0, 2),
        ("b", ("b", None), 3, 4),
    ]
    assert pattern.search("--").__class__ is type(None)
    assert pattern.search("-x").group() == "x"
    assert BoundedPattern("-").split("a-b-c", 1) == ["a", "b-c"]
    assert pattern.sub(r"<\g<1>>", "a1-b") == "<a>-<b>"
    assert pattern.sub(lambda match: match.group().upper(), "a1-b") == "A1-B"
    assert pattern.sub("", "a1-b", 1) == "-b"
    assert (BoundedPattern("A+", bounded_regex.IGNORECASE).fullmatch("aa"), BoundedPattern("A+").fullmatch("aa")) == (True, False)
    with pytest.raises(re.error, match=r"^invalid group reference 7"):
        pattern.sub(r"\g<7>", "a1-b")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a|aa)+$", "a" * 60 + "!"),
        ("^(a|aa)*$", "a" * 60 + "!"),
        ("(.*?,){25}P", "1," * 60),
        (r"(.*)(.*)(.*)(.*)\d", "y" * 3000),
    ],
)
def test_an_expression_that_would_take_years_is_ended(pattern, text, monkeypatch):
    monkeypatch.setattr(bounded_regex, "_MOST_SECONDS", 0.3)
    slow = BoundedPattern(pattern)
    for _again in range(2):
        with pytest.raises(TooSlow) as caught:
            slow.search(text)
        assert str(caught.value) == (
            f"the regular expression /{pattern}/ takes over 0 seconds on a text of {len(text)} characters; avoid repetitions "
            "inside of repetitions"
        )


@pytest.mark.parametrize("pattern", [r"\d+", "^[a-z]+@[a-z.]+$", "(?:x|y)z?", "[](]+", r"\(a\)+", "a{2,5}b{3}", r"(\w+) (\w+)"])
def test_plain_expressions_match_as_in_python(pattern):
    for text in ("x" * 200, "a@b.c", "7", "(a)", "aabbb", "[", "one two"):
        match, wanted = BoundedPattern(pattern).search(text), re.search(pattern, text)
        assert (match and match.group()) == (wanted and wanted.group())
        assert BoundedPattern(pattern).split(text) == re.split(pattern, text)


@pytest.mark.parametrize("pattern", ["a{100001}", "(?:a{1000}){1000}", "((((a{100}){100}){100}){100})"])
def test_counts_that_would_need_gigabytes_are_refused(pattern):
    with pytest.raises(re.error, match=r"^its counts ask for more than 100000 repetitions$"):
        BoundedPattern(pattern)


@pytest.mark.parametrize("pattern", ["a**", "[a", "(", "(" * 2000 + ")" * 2000, "a{99999999999999999999}", r"(a)\2", "x{2,1}"])
def test_every_unreadable_expression_raises_the_same_error(pattern):
    with pytest.raises(re.error):
        BoundedPattern(pattern)


def test_a_common_expression_with_counts_is_read():
    assert BoundedPattern("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch("c0ffee00-1234-5678-9abc-0123456789ab")


def test_a_filter_says_so(monkeypatch):
    monkeypatch.setattr(bounded_regex, "_MOST_SECONDS", 0.3)
    slow = "takes over 0 seconds on a text of 41 characters; avoid repetitions inside of repetitions"
    text = "a" * 40 + "!"
    where = "An error occurred while executing the state 'S' (entered at the event id #2). "
    state = {"Type": "Pass", "InputPath": "$[?(@ =~ /(a|aa)+/)]", "End": True}
    result = asl_toolkit.run({"StartAt": "S", "States": {"S": state}}, [text])
    assert result.error == "States.Runtime"
    assert result.cause == f"{where}In a filter, the regular expression /(a|aa)+/ {slow}."
