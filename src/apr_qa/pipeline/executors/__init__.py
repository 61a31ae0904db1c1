"""Where the shards of a plan are run: one file for each kind of place."""
