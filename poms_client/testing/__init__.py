"""Stand-ins for the services that POMS speaks to, for its tests, its bench and its demo."""
