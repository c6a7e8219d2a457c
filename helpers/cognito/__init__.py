"""The calls to Amazon Cognito: verbs, reads, errors and their catalogue, the password policy."""
