"""What a step of a timeline may say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from optospice import units
from optospice.protocols.limits import MOST_PULSES
from optospice.protocols.timeline.channels import DRIVE
from optospice.protocols.timeline.course import Course, spacing
from optospice.protocols.timeline.shapes import PulseShape, outline
from optospice.stimulus import PulseTrain, StimulusError
from optospice.validation import StrictModel


class Step(StrictModel, ABC):
    """What all steps have.

    Parameters
    ----------
    do : str
        What the step does.
    name : str
        Name of its window, for metrics, readings and sweeps; that of `do` if left out.
    at : float, optional
        Start after the beginning of the run [s]; when all steps before it have ended if left
        out.
    together : bool
        Whether it starts together with the step before it.
    """

    do: str
    name: str = ""
    at: units.Time | None = Field(default=None, ge=0)
    together: bool = False

    @model_validator(mode="after")
    def _one_start(self) -> Step:
        if self.together and self.at is not None:
            raise ValueError("at and together: give one of the two")
        return self

    @property
    def window(self) -> str:
        """Name of the window that the step leaves."""
        return self.name or self.do

    @abstractmethod
    def place(self, course: Course) -> None:
        """Add the step to a course.

        Raises
        ------
        StimulusError
            When its numbers contradict each other or the steps before it.
        """


class _Pulses(Step):
    """Pulses of one shape.

    Parameters
    ----------
    width : float
        From the start of the rising to the start of the falling edge; of a shape without edges
        from its start to its end [s].
    count : int
        Number of pulses [1].
    frequency, period, interval : float, optional
        Pulses per second [Hz], from start to start [s], or from end to start [s]; one of them
        for more than one pulse.
    rise, fall : float, optional
        Duration of the edges [s]; 1 µs or a millionth of the width.
    shape : {"rectangle", "triangle"}
        Course of a pulse; a triangle has its level at half the width.
    points : list of [time, share]
        Corners of another course: times after the start [s], and shares of the level above the
        resting one [1].
    """

    width: units.Time
    count: int = Field(default=1, ge=1, le=MOST_PULSES)
    frequency: units.Frequency | None = Field(default=None, gt=0)
    period: units.Time | None = None
    interval: units.Time | None = None
    rise: units.Time | None = None
    fall: units.Time | None = None
    shape: PulseShape = "rectangle"
    points: list[tuple[units.Time, units.Ratio]] = []

    def _place(self, course: Course, channel: str, level: float) -> None:
        timing = spacing(
            self.count, frequency=self.frequency, period=self.period, interval=self.interval
        )
        train = PulseTrain(
            level, self.width, self.count, delay=0.0, rise=self.rise, fall=self.fall, **timing
        )
        course.train(
            self.window, channel, train, course.begin(self.at, self.together),
            outline(self.shape, self.points, self.width),
        )  # fmt: skip


class TrainStep(_Pulses):
    """Voltage pulses on an electrical terminal.

    Parameters
    ----------
    channel : str
        Name of an electrical terminal, or ``"drive"`` for the device's drive terminal.
    level : float
        Voltage of a pulse [V].
    """

    do: Literal["train"] = "train"
    channel: str = DRIVE
    level: units.Voltage

    def place(self, course: Course) -> None:
        """Add the pulses."""
        self._place(course, self.channel, self.level)


class LightStep(_Pulses):
    """Light of one colour: pulses, or from the start of the step to the end of the run.

    Parameters
    ----------
    irradiance : float
        Level of the light [W/m^2].
    wavelength : float, optional
        Its colour [m]; or `channel`.
    channel : str
        Name of an optical terminal, in place of a colour.
    width : float, optional
        From the start of the rising to the start of the falling edge [s]; the light stays on
        if left out.
    """

    do: Literal["light"] = "light"
    irradiance: units.Irradiance = Field(ge=0)
    wavelength: units.Length | None = None
    channel: str = ""
    width: units.Time | None = None  # type: ignore[assignment]

    @model_validator(mode="after")
    def _one_colour(self) -> LightStep:
        if (self.wavelength is None) == (not self.channel):
            raise ValueError("wavelength and channel: give one of the two")
        return self

    @property
    def colour(self) -> str:
        """Channel of the light: the terminal, or the wavelength in metres."""
        return self.channel or f"{self.wavelength!r} m"

    def place(self, course: Course) -> None:
        """Add the light."""
        if self.width is not None:
            self._place(course, self.colour, self.irradiance)
            return
        start = course.begin(self.at, self.together)
        course.hold(self.window, self.colour, self.irradiance, None, start)


class PauseStep(Step):
    """Time in which nothing new happens.

    Parameters
    ----------
    duration : float
        How long [s]; after pulses from the start of the last falling edge.
    """

    do: Literal["pause"] = "pause"
    duration: units.Time = Field(gt=0)

    def place(self, course: Course) -> None:
        """Add the pause."""
        course.pause(self.window, self.duration, course.begin(self.at, self.together))


class HoldStep(Step):
    """Hold a terminal at a voltage.

    Parameters
    ----------
    channel : str
        Name of an electrical terminal, or ``"drive"``.
    level : float
        Voltage [V].
    duration : float, optional
        How long [s]; to the end of the run if left out. One that begins at 0 s without a
        duration says at which voltage the terminal rests.
    """

    do: Literal["hold"] = "hold"
    channel: str = DRIVE
    level: units.Voltage
    duration: units.Time | None = None

    def place(self, course: Course) -> None:
        """Add the hold."""
        start = course.begin(self.at, self.together)
        course.hold(self.window, self.channel, self.level, self.duration, start)


class SweepStep(Step):
    """Sweep a terminal through turning points at a constant rate.

    Parameters
    ----------
    channel : str
        Name of an electrical terminal, or ``"drive"``.
    turning_points : list of float
        Voltages in order [V]; the first is that at which the terminal rests.
    rate : float
        Sweep rate [V/s].
    repeats : int
        How often; from two on, the sweep must end where it begins [1].
    """

    do: Literal["sweep"] = "sweep"
    channel: str = DRIVE
    turning_points: list[units.Voltage] = Field(min_length=2)
    rate: units.SweepRate
    repeats: int = Field(default=1, ge=1, le=100_000)

    def place(self, course: Course) -> None:
        """Add the sweep."""
        first, last = self.turning_points[0], self.turning_points[-1]
        if self.repeats > 1 and first != last:
            raise StimulusError(
                f"turning_points: a repeated sweep must end where it begins, {first:g} V"
            )
        start = course.begin(self.at, self.together)
        course.sweep(self.window, self.channel, self.turning_points, self.rate, self.repeats, start)


class ReadStep(Step):
    """Read the response.

    Parameters
    ----------
    after : str
        Name of the train after whose pulses it is read; the last one before if left out.
    delay : float, optional
        From the end of each pulse to its reading [s].
    times : list of float
        After the end of the last pulse, rising [s]; the step ends with the last of them.
        Without `delay` and `times` there is one reading, where the step stands.
    """

    do: Literal["read"] = "read"
    after: str = ""
    delay: units.Time | None = None
    times: list[units.Time] = []

    @model_validator(mode="after")
    def _one_way(self) -> ReadStep:
        if self.delay is not None and self.times:
            raise ValueError("delay and times: give one of the two")
        if any(time <= 0 for time in self.times):
            raise ValueError("times: must be above 0 s")
        return self

    def place(self, course: Course) -> None:
        """Add the readings."""
        start = course.begin(self.at, self.together)
        course.read(self.window, self.after or None, self.delay, self.times, start)


class RepeatStep(Step):
    """Repeat steps in order.

    Parameters
    ----------
    count : int
        How often [1].
    steps : list of steps
        What is repeated.
    """

    do: Literal["repeat"] = "repeat"
    count: int = Field(ge=1, le=100_000)
    steps: list[AnyStep] = Field(min_length=1)

    def place(self, course: Course) -> None:
        """Add the steps as often as is asked for."""
        course.begin(self.at, self.together)
        for _ in range(self.count):
            for step in self.steps:
                step.place(course)


STEPS: tuple[type[Step], ...] = (
    TrainStep,
    LightStep,
    PauseStep,
    HoldStep,
    SweepStep,
    ReadStep,
    RepeatStep,
)
#: Steps by what they do.
KINDS: dict[str, type[Step]] = {str(kind.model_fields["do"].default): kind for kind in STEPS}


def _kind_of_step(value: object) -> str:
    do = value.get("do") if isinstance(value, dict) else getattr(value, "do", None)
    return f"[{do}]"


AnyStep = Annotated[
    Annotated[TrainStep, Tag("[train]")]
    | Annotated[LightStep, Tag("[light]")]
    | Annotated[PauseStep, Tag("[pause]")]
    | Annotated[HoldStep, Tag("[hold]")]
    | Annotated[SweepStep, Tag("[sweep]")]
    | Annotated[ReadStep, Tag("[read]")]
    | Annotated[RepeatStep, Tag("[repeat]")],
    Discriminator(_kind_of_step),
]
RepeatStep.model_rebuild()


def pulse_count(steps: Any) -> int:
    """Count the pulses and corners of steps before any of them is placed [1]."""
    total = 0
    for step in steps:
        if isinstance(step, RepeatStep):
            total += step.count * pulse_count(step.steps)
        elif isinstance(step, SweepStep):
            total += step.repeats * len(step.turning_points)
        else:
            total += getattr(step, "count", 1)
    return total
