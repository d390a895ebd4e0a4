"""What POMS runs in its demo and its tutorial: two small, real campaigns of plain Python scripts."""
