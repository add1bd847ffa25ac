"""The staff's second factor in a session: what was proven, the gate before the back office, and its pages."""
