"""One run with a person: the form, and what it shows."""
