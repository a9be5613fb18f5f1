"""How figures look, and waveforms on paper: what every figure is made of."""
