"""The ledger: one in-memory book that knows the rules of the books, and its store.

``book`` is pure and knows every move; ``store`` loads it and writes the difference in a constant
number of statements; the verbs (``spending``, ``adjusting``, ``holding``, ``expiring``) are thin. Nothing else
may write entries, lots, allocations or balances.
"""
