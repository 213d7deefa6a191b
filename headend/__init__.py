"""The grid operator's central system."""
