"""What the bot says: pure texts in GitHub Markdown."""
