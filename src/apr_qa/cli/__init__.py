"""The command line: words in, effects out. One file in `commands/` is one command."""
