"""Every frame: threads, the isolate that each runs, V8's frames and the native ones between."""
