"""What is written by those dialects that have not moved into their folders yet."""
