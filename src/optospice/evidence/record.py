"""The record of a device: what its claims are worth, in one JSON file per device."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from optospice.device import find_device
from optospice.errors import InputError
from optospice.evidence.claims import PRINTED, experiments_of, key_of
from optospice.files import write_text
from optospice.library import is_file, lies_in, netlist_folders
from optospice.metrics.over_draws import yield_interval
from optospice.reading import read_text
from optospice.validation import StrictModel, first_problem

#: Share of random parameter sets from which a claim that they meet says little [1].
WEAK = 0.9
#: Confidence of the interval of a share [1].
CONFIDENCE = 0.95
#: Folder of the records within a netlist folder.
FOLDER = "evidence"
#: The scores by the names of their fields.
SCORES = ("null", "fragility", "leave_one_out")


class ClaimRow(StrictModel):
    """A claim with what the device gives.

    Parameters
    ----------
    scenario, id, kind, category : str
        Which claim, and what it is.
    claim, simulated : str
        What is claimed and what the device gives, with their units.
    met : bool
        Whether the device meets it.
    number : bool
        Whether it is a number with a tolerance, not a bound or a shape.
    used : bool
        Whether a parameter was fitted to it.
    distance : float or None
        Of a number (simulated - published) / tolerance [1].
    """

    scenario: str
    id: str
    kind: str
    category: str
    claim: str
    simulated: str
    met: bool
    number: bool
    used: bool
    distance: float | None = None

    @property
    def place(self) -> tuple[str, str]:
        """Scenario and id: an id is unique within its scenario only."""
        return self.scenario, self.id

    @property
    def printed(self) -> bool:
        """Whether a publication prints it, or a figure shows it as a number."""
        return self.category in PRINTED


class NullRow(StrictModel):
    """How many random parameter sets meet a claim.

    Parameters
    ----------
    scenario, id : str
        Which claim.
    met : int
        Random sets that meet it [1].
    """

    scenario: str
    id: str
    met: Annotated[int, Field(ge=0)]


class NullScore(StrictModel):
    """What random parameter sets give.

    Parameters
    ----------
    draws : int
        Number of sets [1].
    factor : float
        Largest factor between a drawn value and the device's own [1].
    seed : int
        Seed of the draws [1].
    parameters : list of str
        What was drawn.
    runs, failed : int
        Runs, and those of them that failed and count as not meeting a claim [1].
    rows : list of NullRow
        One per claim.
    """

    draws: Annotated[int, Field(ge=1)]
    factor: float
    seed: int
    parameters: list[str]
    runs: int
    failed: int
    rows: list[NullRow]


class Loss(StrictModel):
    """A claim that is lost with a change of a parameter.

    Parameters
    ----------
    step : float
        Relative change of the parameter [1].
    scenario, id : str
        Which claim.
    """

    step: float
    scenario: str
    id: str


class ParameterRow(StrictModel):
    """What is lost with the changes of one parameter.

    Parameters
    ----------
    name, value, origin : str
        Which parameter, its value with the unit, and where that comes from.
    tried : list of float
        Changes that were tried: those that the card's bounds allow [1].
    lost : list of Loss
        Claims that the device meets and that are missed after a change.
    """

    name: str
    value: str
    origin: str
    tried: list[float]
    lost: list[Loss]


class Fragility(StrictModel):
    """What is lost with the change of one parameter at a time.

    Parameters
    ----------
    steps : list of float
        Relative changes [1].
    runs, failed : int
        Runs, and those of them that failed and count as losing a claim [1].
    rows : list of ParameterRow
        One per parameter that is not zero.
    """

    steps: list[float]
    runs: int
    failed: int
    rows: list[ParameterRow]


class PredictionRow(StrictModel):
    """A number that was left out of the fit and predicted by the others.

    Parameters
    ----------
    scenario, id, published, predicted : str
        Which number, with its unit and tolerance, and what the refitted set gives.
    error : float or None
        (predicted - published) / tolerance [1].
    word : {"predicted", "missed", "cannot be predicted"}
        What it comes to.
    note : str
        Why.
    """

    scenario: str
    id: str
    published: str
    predicted: str
    error: float | None
    word: Literal["predicted", "missed", "cannot be predicted"]
    note: str = ""


class LeaveOneOutScore(StrictModel):
    """What each number would be, were it not used in the fit.

    Parameters
    ----------
    free : list of str
        Parameters that were fitted.
    numbers : int
        Targets that they were fitted to [1].
    chi2 : float or None
        Sum of the squared residuals of the fit to all of them [1].
    converged : bool
        Whether that fit is a minimum.
    rows : list of PredictionRow
        One per number.
    problem : str
        Why there is no such score.
    """

    free: list[str]
    numbers: int = 0
    chi2: float | None = None
    converged: bool = False
    rows: list[PredictionRow] = []
    problem: str = ""


class Record(StrictModel):
    """What the claims of a device are worth.

    Parameters
    ----------
    device : str
        Name of the device.
    key : str
        Hash of all that the scores depend on.
    optospice, ngspice : str
        Versions that computed them.
    fitted : list of str
        Fitted parameters of the device.
    claims : list of ClaimRow
        Its claims with what it gives.
    null : NullScore, optional
        What random parameter sets meet.
    fragility : Fragility, optional
        What is lost with the change of one parameter.
    leave_one_out : LeaveOneOutScore, optional
        What each number would be, were it not used in the fit.
    """

    device: str
    key: str
    optospice: str
    ngspice: str
    fitted: list[str]
    claims: list[ClaimRow]
    null: NullScore | None = None
    fragility: Fragility | None = None
    leave_one_out: LeaveOneOutScore | None = None

    @property
    def printed(self) -> list[ClaimRow]:
        """Claims that are printed, or read off a figure."""
        return [row for row in self.claims if row.printed]

    @property
    def numbers_used(self) -> int:
        """Numbers that parameters were fitted to [1]."""
        return sum(row.used and row.number for row in self.claims)

    @property
    def freedom(self) -> int:
        """Degrees of freedom: printed numbers used in the fit less the fitted parameters [1].

        What follows from printed numbers, such as a trace of the published circuit, gives none.
        """
        return sum(row.used for row in self.printed) - len(self.fitted)

    @property
    def chi2(self) -> float | None:
        """Sum of the squared distances of the printed numbers; None where one has no value [1]."""
        distances = [row.distance for row in self.printed if row.number]
        known = [one for one in distances if one is not None]
        return sum(one**2 for one in known) if known and len(known) == len(distances) else None

    def shares(self) -> dict[tuple[str, str], float]:
        """Share of the random sets that meets each claim, by scenario and id [1]."""
        null = self.null
        return {} if null is None else {(r.scenario, r.id): r.met / null.draws for r in null.rows}

    def interval(self, met: int) -> tuple[float, float]:
        """Interval of a share after Wilson, of `CONFIDENCE` [1]."""
        assert self.null is not None
        return yield_interval(met, self.null.draws, CONFIDENCE)

    def weak_ids(self, scenario: str) -> set[str]:
        """Ids of the claims of a scenario that random sets meet as well; see `WEAK`."""
        return {
            i for (name, i), share in self.shares().items() if name == scenario and is_weak(share)
        }

    def mean_met(self, rows: Iterable[ClaimRow]) -> float:
        """Mean number of some claims that a random set meets [1]."""
        shares = self.shares()
        return math.fsum(shares.get(row.place, 0.0) for row in rows)

    def lost(self, row: ParameterRow, step: float, printed: bool = True) -> list[str]:
        """Ids of the claims that are lost with a change of a parameter, each once.

        Parameters
        ----------
        row : ParameterRow
            Which parameter.
        step : float
            Relative change [1].
        printed : bool
            Whether the printed ones are asked for, or the others.
        """
        own = {claim.place for claim in self.claims if claim.printed == printed}
        lost = [one for one in row.lost if one.step == step and (one.scenario, one.id) in own]
        return list(dict.fromkeys(one.id for one in lost))


def is_weak(share: float) -> bool:
    """Whether random parameter sets meet a claim as well, so that it says little of a device."""
    return share >= WEAK


def load(device: str) -> Record | None:
    """Read the record of a device, the user's own or the packaged one; None where there is none.

    It may be out of date: `is_stale` says so.

    Raises
    ------
    InputError
        When the file is no record.
    """
    if not device or Path(device).name != device:
        return None
    for folder in netlist_folders():
        file = folder / FOLDER / f"{device}.json"
        if is_file(file) and lies_in(file, [folder]):
            return read_record(file, device)
    return None


def read_record(file: Path, device: str) -> Record:
    """Read a record from its file.

    Raises
    ------
    InputError
        When it is none, or that of another device.
    """
    try:
        record = Record.model_validate_json(read_text(file))
    except ValidationError as error:
        hint = f"; accepted: a file of optospice evidence {device} --update"
        raise InputError(first_problem(error, str(file), Record) + hint) from None
    if record.device != device:
        raise InputError(f"{file}: device = {record.device!r}: accepted: {device!r}")
    return record


def is_stale(record: Record) -> bool:
    """Whether device, claims or experiments have changed since the record was computed."""
    device = find_device(record.device)
    return key_of(device, experiments_of(device)) != record.key


def write(record: Record) -> Path:
    """Write a record to ``./netlists/evidence`` and give its file.

    Raises
    ------
    InputError
        When a link leads elsewhere.
    """
    netlist_folders()  # refuses a link
    file = Path("netlists") / FOLDER / f"{record.device}.json"
    return write_text(file, record.model_dump_json(indent=1) + "\n")


def merged(old: Record | None, new: Record) -> Record:
    """Keep the scores of an older record that a newer one lacks, if both are of the same."""
    if old is None or old.key != new.key:
        return new
    kept = {name: getattr(old, name) for name in SCORES if getattr(new, name) is None}
    return new.model_copy(update=kept)
