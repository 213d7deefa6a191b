"""A world that another simulator sets the loads and voltages of: co-simulation by mosaik."""
