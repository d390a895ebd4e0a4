"""What speaks to POMS from elsewhere: library, commands, job wrapper, local batch, agents.

It knows POMS by its REST API only, and what jobs and launches import needs nothing but Python 3.9.
"""

__version__ = "0.1.0"
