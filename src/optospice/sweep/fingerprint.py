"""What two machines must have in common to give the same digits."""

from __future__ import annotations

from dataclasses import dataclass

from optospice.ngspice.pool import Pool
from optospice.sweep.identity import measuring_code, simulation_code


@dataclass(frozen=True)
class Fingerprint:
    """The simulator and the code of a machine.

    Parameters
    ----------
    ngspice : str
        Version of ngspice's library, e.g. ``"39"``.
    simulating, measuring : str
        Hashes of optospice's code that simulates, and of that which measures.
    """

    ngspice: str
    simulating: str
    measuring: str

    @classmethod
    def of(cls, pool: Pool) -> Fingerprint:
        """Take that of this process, with the simulator of a pool."""
        return cls.with_version(pool.version)

    @classmethod
    def with_version(cls, version: str) -> Fingerprint:
        """Take that of this process, with another simulator."""
        return cls(version, simulation_code().hex(), measuring_code().hex())

    def __str__(self) -> str:
        """Spell it; of the code a few digits are enough to tell two apart."""
        return f"ngspice {self.ngspice} and optospice's code {self.code}"

    @property
    def code(self) -> str:
        """First digits of both hashes."""
        return f"{self.simulating[:8]}-{self.measuring[:8]}"
