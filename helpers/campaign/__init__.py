"""One runbook for many users."""
