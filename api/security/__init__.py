"""API keys, what they may do, and how often."""
