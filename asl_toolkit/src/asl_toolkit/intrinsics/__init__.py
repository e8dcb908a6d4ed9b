"""Intrinsic functions of JSONPath states: `States.Format('{}', $.name)` and its seventeen siblings."""

from asl_toolkit.intrinsics.call import IntrinsicCall, IntrinsicFault
from asl_toolkit.intrinsics.table import FUNCTIONS

__all__ = ["FUNCTIONS", "IntrinsicCall", "IntrinsicFault"]
