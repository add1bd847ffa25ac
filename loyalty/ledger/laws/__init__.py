"""The laws of the books, each a question whose answer is empty while they are kept.

``weighing`` is how they ask, ``balances``, ``lots``, ``deeds`` and ``surroundings`` what they ask.
``ledger.verify`` is the one to call.
"""
