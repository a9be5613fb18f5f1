"""Scenario texts that the tests of the report share."""

PROTOCOL = """
[protocol]
readout = "1 V"
irradiance = "1.22 mW/cm^2"
wavelength = "740 nm"
width = "10 s"
delay = "5 s"
tail = "40 s"
"""
PULSE = f"""
title = "One pulse"
device = "pbs_rc"
{PROTOCOL}
name = "single_pulse"
[[targets]]
kind = "printed"
id = "peak"
metric = "postsynaptic_current_amplitude"
published = "526.7 nA"
tolerance = "0.1 %"
source = "Fig. 5c"
"""
PAIR = f"""
title = "Two pulses"
device = "pbs_rc"
{PROTOCOL}
name = "paired_pulse"
definitions = {{ amplitude = "raw" }}
[sweep]
"protocol.interval" = ["1 s", "2 s", "5 s", "10 s", "20 s", "40 s"]
[[across]]
metric = "paired_pulse_relaxation_time"
of = "paired_pulse_index"
over = "protocol.interval"
[[targets]]
kind = "printed"
id = "short"
metric = "paired_pulse_index"
where = {{ "protocol.interval" = "1 s" }}
published = "55.1 %"
tolerance = "1 point"
source = "Fig. 3a"
[[targets]]
kind = "printed"
id = "rising"
metric = "paired_pulse_index"
shape = "increasing"
over = "protocol.interval"
source = "Fig. 3a"
[expectations.pbs_rc]
misses = ["short"]
reason = "one time constant"
"""
