"""`layout learn`: a layout table derived from a Node.js binary that is at hand.

A calibration program (calibrate.js) runs in it; what it knows of its own objects, what V8's printer
says of them and what V8 exports for debuggers give the constants, each with its source. Oracle and
judged are kept apart: nothing here is used to read a dump.
"""
