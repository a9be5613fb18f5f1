"""What has been computed, on disk: blocks of runs that are complete or absent, found by key."""
