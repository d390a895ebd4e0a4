"""What scripts, agents and the job wrapper written for the system before this one call.

Names, arguments and replies are the old ones; what is done is what the REST API and the pages do.
"""
