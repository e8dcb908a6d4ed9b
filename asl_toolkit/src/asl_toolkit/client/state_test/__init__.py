"""TestState: one state run by itself."""

from asl_toolkit.client.state_test.operations import StateTests

__all__ = ["StateTests"]
