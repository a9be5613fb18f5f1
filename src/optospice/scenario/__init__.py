"""Scenarios: what a TOML file says, the runs it expands into, and the verdict on its targets."""
