"""The installed files, compared with the outputs of a spec."""
