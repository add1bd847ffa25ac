"""What members may ask of their data: a copy of it, and to be forgotten.

``persons`` asks every app's dossier, ``exporting`` writes the copy, ``wishes`` takes and withdraws the wish
to be forgotten, ``erasing`` carries it out, ``people`` is what this floor itself keeps and forgets.
"""
