"""The runbooks, each in the module of its name, and what diagnosis and audit judge by."""
