"""What the learning notebooks stand on: a lesson's own Cognito, what happened in it, and what to
try out.
"""
