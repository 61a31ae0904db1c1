"""What a converted file owes to the SafeTensors files it came from, judged from the bytes of both.

`mapping` says which tensor comes from which (I-2), `dtypes` which types the declared scheme allows (I-3), `statistics`
compares the values (I-4), and `hypotheses` names the fault when they differ. Nothing here asks an engine.
"""
