"""Tags and segments: labels and groups of members by the same conditions as rules."""
