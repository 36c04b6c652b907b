"""How each consumer behaves: what it asks for when it is given our files."""
