"""Chinese receipts and price tags group by thousands; Django's own format does not group at all."""

NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = ","
