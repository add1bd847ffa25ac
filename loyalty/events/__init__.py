"""Events: what happened, how it comes in, and what is made of it."""
