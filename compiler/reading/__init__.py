"""What every reader stands on: facts, claims, and the places of YAML, JSON and TOML."""
