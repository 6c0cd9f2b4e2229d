"""Windows minidumps: what MiniDumpWriteDump and its likes write."""
