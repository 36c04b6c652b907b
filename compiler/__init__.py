"""regspec compiles one registry spec into every file an air-gapped Kubernetes site needs."""

__version__ = "0.1.0"
