"""Paid membership: what is on sale, who holds it, buying, trying, giving, ending and paying back.

``holding`` asks who holds what; ``terms`` reckons days and prices and knows no database; ``opening`` and
``ending`` are the only ones that write terms; ``buying``, ``orders`` and ``by_hand`` are the doors to them.
"""
