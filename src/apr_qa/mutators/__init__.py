"""The mutators room: one file holds one seeded fault, or a set of its kind."""
