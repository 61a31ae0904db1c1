"""Lost claims become drafts of issues: one for each root cause, whatever format, backend or model it showed in."""
