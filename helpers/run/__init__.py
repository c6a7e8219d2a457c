"""One run of a runbook: its parameters, plan, act and verification, its record and the journal."""
