"""The ground floor's admin."""
