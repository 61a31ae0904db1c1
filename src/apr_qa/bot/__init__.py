"""The bot: an event comes in, effects come out. It joins the pipeline and GitHub and performs nothing itself."""
