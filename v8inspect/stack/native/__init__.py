"""Frames of compiled C and C++ code, by .eh_frame and by frame pointer. Knows nothing of V8."""
