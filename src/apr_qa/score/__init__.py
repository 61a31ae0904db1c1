"""Score: evidence in, one scorecard out. One formula, one grade table, one status table."""
