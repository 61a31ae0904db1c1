"""Chat templates: read for what they must not do, then rendered in a sandbox, in a limited child process."""
