"""The points mall: rewards, stock and redemptions."""
