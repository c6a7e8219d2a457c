"""Why a user cannot reset the password: symptoms, evidence, verdicts, routes."""
