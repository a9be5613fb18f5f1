"""Starting points for other people's devices: `optospice new` and `optospice adopt`."""
