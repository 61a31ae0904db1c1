"""The verbs of the bot: one file, one command."""
