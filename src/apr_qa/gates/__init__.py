"""The room of gates: one file, one falsifiable claim with its id (or a set of kin). The folder is the catalogue."""
