"""A Monte-Carlo experiment in five stages: gen, sim, reco, merge, plots (see campaign.ini)."""
