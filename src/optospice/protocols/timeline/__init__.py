"""Experiments as timelines: steps on channels, and metrics bound to the windows they leave."""

from optospice.protocols.timeline.binding import Bound
from optospice.protocols.timeline.course import Course, Window
from optospice.protocols.timeline.protocol import Timeline
from optospice.protocols.timeline.steps import Hold, Light, Pause, Read, Repeat, Sweep, Train

__all__ = [
    "Bound",
    "Course",
    "Hold",
    "Light",
    "Pause",
    "Read",
    "Repeat",
    "Sweep",
    "Timeline",
    "Train",
    "Window",
]
