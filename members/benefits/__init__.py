"""Benefits: what tiers and plans bring besides points, claimed, granted, given, used, lapsed and measured.

``quotas`` reckons periods and knows no database; ``offers`` asks who is offered what on a day and
``holdings`` what of it is left; ``issuing`` is the only one that writes claims, for ``claiming`` (by the
member), ``granting`` (by itself) and ``giving`` (by rule or staff). ``using`` and ``lapsing`` end them;
``accepting`` lets rooms above take one as payment.
"""
