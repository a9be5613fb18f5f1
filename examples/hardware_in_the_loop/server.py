"""Let another program step the PbS synapse: prints port and token, serves until Ctrl-C."""

from optospice.cosim import Circuit, Instance, Source
from optospice.cosim.server import serve
from optospice.device import find_device
from optospice.stimulus import constant

device = find_device("pbs_trap")
circuit = Circuit(
    {"": Instance(device, {"p": "p", "light": "light"})},
    {
        "p": Source("p", base=constant(1.0), controlled=False),
        "light": Source("light", "light"),
    },
    duration=1000.0,
)

if __name__ == "__main__":
    serve(circuit)
