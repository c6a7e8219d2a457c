"""What a secret is, where it comes from and goes to, and how it stays hidden."""
