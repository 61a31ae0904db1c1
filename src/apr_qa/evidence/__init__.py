"""Evidence: what was asked, what came back, what was decided; appended, chained, sealed, read again."""
