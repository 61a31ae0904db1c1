"""One file per parser of foreign input."""
