"""Neural networks as plain modules, one file each; reading model files is the business of weights.py."""
