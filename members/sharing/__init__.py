"""The picture of a tier reached, to be saved and shown to friends.

``fonts`` finds what texts can be drawn with, ``drawing`` draws and knows no database, ``keeping`` makes each
picture once.
"""
