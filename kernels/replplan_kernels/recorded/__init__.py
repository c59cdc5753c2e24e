"""Recorded plans in any IPython kernel: cells run again, what they call comes from the record."""

from replplan_kernels.recorded.record import NotRecordedError
from replplan_kernels.recorded.replay import replay

__all__ = ["NotRecordedError", "replay"]
