"""What `--inject` takes, and which start of a job meets it."""

from __future__ import annotations

import pytest

from extract_core.errors import UsageError
from extract_local.jobs.injection import Injection, Injections, read_injection


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("oom:public.orders", ("oom", "public.orders", 1)),
        ("throttle:crm.*:3", ("throttle", "crm.*", 3)),
        ("fail:a?b", ("fail", "a?b", 1)),
        ("interrupt:*", ("interrupt", "*", 1)),
        ("timeout:a:12", ("timeout", "a", 12)),
    ],
)
def test_what_is_taken(text, read):
    assert read_injection(text) == Injection(*read, text)


WRONG = {
    "oom": "--inject 'oom' is not KIND:TABLE or KIND:TABLE:N; write, for example, oom:public.orders",
    "oom:": "--inject 'oom:' is not KIND:TABLE or KIND:TABLE:N; write, for example, oom:public.orders",
    "trottle:a": (
        "--inject 'trottle:a': there is no fault 'trottle' (there are: throttle, oom, interrupt, fail, timeout, question); "
        "did you mean 'throttle'?"
    ),
    "oom:a:0": "--inject 'oom:a:0': N is how many job starts or questions fail, at least 1",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_not(text):
    with pytest.raises(UsageError) as refused:
        read_injection(text)
    assert str(refused.value) == WRONG[text]


def test_each_table_has_its_own_count_and_the_first_that_matches_comes_first():
    injections = Injections(["throttle:a*:2", "oom:*", "fail:x"])
    assert [injections.take("a1") for _ in range(4)] == ["throttle", "throttle", "oom", None]
    assert [injections.take("b"), injections.take("b"), injections.take("a2")] == ["oom", None, "throttle"]
    assert injections.unused() == ["fail:x"]


def test_questions_and_starts_are_counted_apart():
    injections = Injections(["question:a:2", "oom:a", "question:b"])
    assert [injections.take("a"), injections.take("a")] == ["oom", None]
    assert [injections.take_question("a") for _ in range(3)] == [True, True, False]
    assert injections.unused() == ["question:b"]
