"""One run without a person: the command line and what executes a notebook."""
