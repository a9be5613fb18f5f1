"""The benchmarks' alternatives run where only ngspice's run-time library is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = """
from benchmarks import pyspice_loop
loop = pyspice_loop.make()
answer = loop(pyspice_loop.Experiment(
    library=".subckt wire p n params: r=1k\\nR1 p n {r}\\n.ends\\n",
    device="wire", nodes=("p", "0"),
    sources={"p": [(0.0, 1.0)]}, parameters=[{"r": 500.0}], duration=1.0, step=0.1,
    windows=[(0.0, 1.0)],
))
print(answer["metrics"][0][0])
"""


def test_pyspice_finds_the_library_that_optospice_finds():
    ended = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=ROOT,
        env={
            **{key: text for key, text in os.environ.items() if key != "NGSPICE_LIBRARY_PATH"},
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert abs(float(ended.stdout.split()[-1]) - 2e-3) < 1e-9
