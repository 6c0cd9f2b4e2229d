"""Mach-O: cores of macOS, and the executables and libraries in them."""
