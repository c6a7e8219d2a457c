"""The runbooks, each by its name; diagnosis and audit have rooms of their own."""
