"""COSEM: the objects that a meter shows, as tables that both ends read."""
