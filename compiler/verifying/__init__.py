"""What is there, compared with what a spec compiles to."""
