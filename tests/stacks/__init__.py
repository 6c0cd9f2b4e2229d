"""Stacks against what V8 itself printed of them."""
