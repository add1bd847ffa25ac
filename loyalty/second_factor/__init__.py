"""The staff's second factor: an app's codes, recovery codes for its loss, and how both are kept.

Rows are django-allauth's ``Authenticator``s, one of codes and one of recovery codes a login; its pages and
views are not used (docs/decisions/0018). ``keeping`` has the deeds; what a session has proven is the
business of ``loyalty.web.second_factor``.
"""
