"""Files of adjustments: a list of members and points, asked for as a whole and done line by line.

``reading`` understands a file and says what is wrong with each row; ``filing`` takes it in, shows what
it would do and asks for it (``loyalty.approvals`` decides whether a colleague has to agree);
``carrying`` keeps its lines and does them in the background; ``reporting`` writes what became of each.
"""
