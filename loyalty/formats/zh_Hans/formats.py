"""Chinese receipts and price tags group by thousands; Django's own format groups by ten thousands."""

NUMBER_GROUPING = 3
