"""Two members who are one person: what of the duplicate becomes the survivor's, and comes back again.

``people`` is the person and the login, ``belongings`` what hangs on them, ``standing`` the tiers; ``step``
puts them together for the ledger's merge, ``suspects`` finds pairs that look like one person.
"""
