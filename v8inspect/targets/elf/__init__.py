"""Linux ELF: core files and the executables and libraries that they name."""
