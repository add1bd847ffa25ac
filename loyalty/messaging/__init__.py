"""Telling members: queued with the deed, judged again and rendered when delivered, never twice.

``sending`` queues, ``delivering`` decides and hands to a channel, ``channels`` carry, ``templates`` and
``rendering`` hold the words, ``preferences`` and ``inbox`` are the member's, ``codes`` proves that
somebody can read what is sent to an address. The person behind an account is asked for through the
registry (``Addressee``), so the ground needs no member.
"""
