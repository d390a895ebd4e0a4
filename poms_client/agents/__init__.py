"""Submission agents: each watches one kind of batch system and reports to POMS."""
