"""The partners' face of the mall: what is on the shelf, and taking it for a member."""
