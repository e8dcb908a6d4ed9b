"""A method gets the deployment however it takes it, and is called without it if it was written before contract 1.2."""

from __future__ import annotations

from functools import partial, wraps

import pytest

from extract_core.registry.signatures import takes, with_deployment


def fewer(method):
    """A decorator that fills the last parameter."""

    @wraps(method)
    def called(outcome, aws):
        return method(outcome, aws, "its own")

    return called


def passing(method):
    @wraps(method)
    def called(*arguments, **named):
        return method(*arguments, **named)

    return called


class Callables:
    def by_position(self, outcome, aws, deployment):
        return deployment

    def of_another_name(self, outcome, aws, deployed):
        return deployed

    def by_name(self, outcome, aws, *, deployment):
        return deployment

    def with_default(self, outcome, aws, deployment=None):
        return deployment

    def all_of_them(self, *arguments):
        return arguments[2]

    @classmethod
    def of_the_class(cls, outcome, aws, deployment):
        return deployment

    passed_on = staticmethod(passing(lambda outcome, aws, deployment: deployment))
    partly = partial(lambda first, outcome, aws, deployment: deployment, 0)


class Older:
    def two(self, outcome, aws):
        return None

    def of_its_own(self, outcome, aws, seconds=None):
        return seconds

    def named(self, outcome, aws, **others):
        return others.get("deployment")

    @classmethod
    def of_the_class(cls, outcome, aws):
        return None

    passed_on = staticmethod(passing(lambda outcome, aws: None))
    partly = partial(lambda first, outcome, aws: None, 0)


def names(cls):
    return [name for name in vars(cls) if not name.startswith("_")]


@pytest.mark.parametrize("name", names(Callables))
def test_a_method_gets_the_deployment(name):
    method = getattr(Callables(), name)
    assert takes(method, 3)
    assert with_deployment(method, "outcome", "aws", deployment=lambda: "deployment") == "deployment"


@pytest.mark.parametrize("name", names(Older))
def test_an_older_method_is_called_without_it(name):
    method = getattr(Older(), name)
    assert not takes(method, 3)
    assert with_deployment(method, "outcome", "aws", deployment=pytest.fail) is None


def test_what_a_decorator_takes_counts():
    method = fewer(Callables().by_position)
    assert with_deployment(method, "outcome", "aws", deployment=pytest.fail) == "its own"
