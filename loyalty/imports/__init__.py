"""Files of orders from outside: read, checked row by row, and told to the event pipeline in batches.

The way of a file: ``files`` opens it within limits, ``columns`` says which column is what, ``cells``
and ``documents`` turn rows into orders and cancellations, ``matching`` finds the orders that a
cancellation refunds, ``batches`` posts a thousand of them in one transaction, ``running`` keeps the
job. Everything up to ``documents`` is plain reading without a database, and gives the same for the
same file and plan; that is what makes an import resumable.
"""
