"""What POMS runs in its demo and its tutorial: two small campaigns of Python scripts."""
