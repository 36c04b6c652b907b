"""The JSON Schema that authors' editors and the compiler share."""
