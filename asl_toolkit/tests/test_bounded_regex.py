"""Regular expressions: the same answers here and in a process of their own, and an end to those that would take years."""

import re

import pytest

import asl_toolkit
from asl_toolkit import bounded_regex
from asl_toolkit.bounded_regex import BoundedPattern, TooSlow


@pytest.fixture(params=["here", "elsewhere"])
def place(request, monkeypatch):
    if request.param == "elsewhere":
        monkeypatch.setattr(bounded_regex, "_MOST_STEPS", 0)
    return request.param


def test_both_places_answer_alike(place):
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
    assert (BoundedPattern("A+", re.IGNORECASE).fullmatch("aa"), BoundedPattern("A+").fullmatch("aa")) == (True, False)
    with pytest.raises(re.error, match=r"^invalid group reference 7"):
        pattern.sub(r"\g<7>", "a1-b")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", "a" * 40 + "!"),
        ("^(a|aa)*$", "a" * 60 + "!"),
        ("(a?){30}a{30}$", "a" * 29 + "!"),
        (r"(.*)(.*)(.*)(.*)x", "y" * 3000),
    ],
)
def test_what_would_take_years_is_ended(pattern, text, monkeypatch):
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
def test_plain_expressions_need_no_process(pattern, monkeypatch):
    monkeypatch.setattr(bounded_regex.sys, "executable", "/nowhere")
    for text in ("x" * 200, "a@b.c", "7", "(a)", "aabbb", "[", "one two"):
        found, wanted = BoundedPattern(pattern).search(text), re.search(pattern, text)
        assert (found and found.group()) == (wanted and wanted.group())


def test_without_a_process_that_is_said(monkeypatch):
    monkeypatch.setattr(bounded_regex.sys, "executable", "/nowhere")
    with pytest.raises(TooSlow) as caught:
        BoundedPattern("(a+)+").search("a")
    assert str(caught.value) == "the regular expression /(a+)+/ needs a process of its own, and none could be run"


def test_a_filter_says_so(monkeypatch):
    monkeypatch.setattr(bounded_regex, "_MOST_SECONDS", 0.3)
    slow = "takes over 0 seconds on a text of 41 characters; avoid repetitions inside of repetitions"
    text = "a" * 40 + "!"
    where = "An error occurred while executing the state 'S' (entered at the event id #2). "
    state = {"Type": "Pass", "InputPath": "$[?(@ =~ /(a+)+/)]", "End": True}
    result = asl_toolkit.run({"StartAt": "S", "States": {"S": state}}, [text])
    assert result.error == "States.Runtime"
    assert result.cause == f"{where}In a filter, the regular expression /(a+)+/ {slow}."
