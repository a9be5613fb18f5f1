"""Experiments without a time axis: operating point, curves, small signals, noise."""
