"""The nouns: frozen records that travel between the stages. No behaviour beyond parsing and simple sums."""
