"""What the learning notebooks need: a Cognito for each lesson, charts, and exercises."""
