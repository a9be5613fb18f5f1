"""What simulates blocks: the processes of this machine, or those of a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from optospice.ngspice.installation import Installation
from optospice.ngspice.worker import Failed, Finished


class Executor(Protocol):
    """Does what `optospice.ngspice.pool.Pool` does, wherever the simulators are.

    Attributes
    ----------
    timeout : float
        Longest time for one item [s].
    """

    timeout: float

    @property
    def size(self) -> int:
        """Number of simulators at present [1]."""
        ...

    @property
    def version(self) -> str:
        """Version of the ngspice that all of them have."""
        ...

    @property
    def installation(self) -> Installation | None:
        """Which ngspice of this machine is used; None where another machine's is."""
        ...

    def start(self) -> None:
        """Get the simulators ready.

        Raises
        ------
        InputError, SimulationError
            When there are none that can be used.
        """
        ...

    def close(self) -> None:
        """Give up what is still running, and the simulators."""
        ...

    def map(
        self, function: str, items: Sequence[Any], chunk: int = 1
    ) -> Iterator[tuple[int, Finished | Failed]]:
        """Call ``"package.module:function"`` for every item, and give what comes as it comes.

        Parameters
        ----------
        function : str
            Called as ``function(session, item)``.
        items : sequence
            Picklable items, taken one after the other as simulators become free.
        chunk : int
            How many items travel together [1].

        Yields
        ------
        index : int
            Place of the item in `items`.
        outcome : Finished or Failed
            Its result, or why it failed.
        """
        ...
