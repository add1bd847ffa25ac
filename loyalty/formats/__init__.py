"""Where the house differs from Django in how a language writes figures."""
