"""What should run, as members edit it; each sees and changes what ``campaigns.access`` allows."""

from campaigns.admin import campaigns, dataservices, people, setups, stages

__all__ = ["campaigns", "dataservices", "people", "setups", "stages"]
