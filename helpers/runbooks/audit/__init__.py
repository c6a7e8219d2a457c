"""What a user pool's settings do to password resets: findings, by topic."""
