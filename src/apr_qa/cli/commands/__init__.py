"""The commands. Add one by adding a file that holds a `CliCommand`; keep its heavy imports inside the function."""
