"""Conformance: what every device must do, whoever wrote it.

`check_device` runs the suite on one device and gives findings; ``optospice check`` is
its command. A device is taken as it stands in its folder; nothing here knows any device
by name.
"""

from optospice.conformance.context import Drive
from optospice.conformance.finding import Finding
from optospice.conformance.suite import CHECKS, check_device

__all__ = ["CHECKS", "Drive", "Finding", "check_device"]
