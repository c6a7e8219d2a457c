"""What a person sees in a notebook: cards, tables, pictures."""
