"""What members do together and day by day: check-ins first."""
