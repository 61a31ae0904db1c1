"""Renderings of evidence and its scorecard: one file, one `Report`. Everything a model printed is hostile here."""
