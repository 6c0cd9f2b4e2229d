"""Live processes on Linux: one picture of all memory, taken while the process stands still."""
