"""The Action: what GitHub hands a container becomes a command line, and what came of it GitHub's own outputs."""
