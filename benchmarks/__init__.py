"""Benchmarks: each module here has `run()`, a generator of measures, on a migrated database that is empty.

`make bench` runs all on SQLite; `make bench ARGS='--postgres ledger'` runs one on a throw-away
PostgreSQL. What a figure means, and which one must not get worse, stands in the module that measures.
"""
