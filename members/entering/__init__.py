"""The ways in and back in: joining, contacts, guardians, invitations, earlier purchases, WeChat."""
