"""Readers that have not moved into the folders of their dialects yet."""
