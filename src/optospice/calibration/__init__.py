"""Fitting a device's parameters to claims and to measured waveforms."""
