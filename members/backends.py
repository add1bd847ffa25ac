"""Signing in with what a person remembers: phone, e-mail or member number."""
