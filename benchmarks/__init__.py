"""What regspec costs, measured: `python -m benchmarks` from the checkout (`make bench`)."""
