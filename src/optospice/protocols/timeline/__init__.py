"""Experiments as timelines: steps on channels, and metrics bound to the windows they leave."""

from optospice.protocols.timeline.binding import Bound
from optospice.protocols.timeline.course import Course, Window
from optospice.protocols.timeline.protocol import Timeline
from optospice.protocols.timeline.steps import (
    HoldStep,
    LightStep,
    PauseStep,
    ReadStep,
    RepeatStep,
    SweepStep,
    TrainStep,
)

__all__ = [
    "Bound",
    "Course",
    "HoldStep",
    "LightStep",
    "PauseStep",
    "ReadStep",
    "RepeatStep",
    "SweepStep",
    "Timeline",
    "TrainStep",
    "Window",
]
