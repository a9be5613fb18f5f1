"""Regression: what a scenario gives now, against its targets and what it gave before.

``optospice regress`` is the command, `optospice.pytest_plugin` the same as tests. A golden is
a regression, never a validation: it says that something moved, not which of the two is right.
"""

from optospice.regression.cases import Case, planned
from optospice.regression.judge import Outcome, judge

__all__ = ["Case", "Outcome", "judge", "planned"]
