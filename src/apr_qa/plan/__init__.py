"""Planning: every question and every claim, before anything runs. Pure: the same request gives the same plan."""
