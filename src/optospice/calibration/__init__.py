"""Fitting a device's parameters to published targets and to measured waveforms."""
