"""The one road: what happened is recorded, decided and carried out, a batch at a time.

``intake`` takes events in from partners and from our own operations; ``pipeline`` decides what is
recorded and writes all that follows, pass by pass; ``kinds`` says what tills may tell us.
"""
