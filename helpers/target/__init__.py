"""Which Cognito are we talking to, a client for it, and the pools that a team has names for."""

from helpers.target.target import ALLOWED_HOSTS, LOOPBACK, Target, TargetError, endpoint

__all__ = ["ALLOWED_HOSTS", "LOOPBACK", "Target", "TargetError", "endpoint"]
