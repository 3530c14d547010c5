"""Stubs made from protos/ by `python3 build.py protos`; never edited."""
