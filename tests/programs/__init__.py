"""Real programs from npm, run until they have plenty of live objects: see README.md."""
