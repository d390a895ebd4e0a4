"""Edges between the stages of a campaign: what feeds what, and sets off what."""

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from campaigns.models.campaigns import CampaignStage, EdgeKind
from campaigns.models.constraints import Agree


class CampaignDependency(models.Model):
    """An edge: ``upstream``, finished, feeds ``downstream`` or sets off its next slice."""

    upstream = models.ForeignKey(CampaignStage, on_delete=models.CASCADE, related_name="outgoing")
    downstream = models.ForeignKey(CampaignStage, on_delete=models.CASCADE, related_name="incoming")
    kind = models.CharField(max_length=10, choices=EdgeKind, default=EdgeKind.FEEDS)
    file_pattern = models.CharField(
        max_length=500,
        blank=True,
        default="%",
        help_text="Which output goes this way: %reco.root; text with a blank is a metadata query.",
    )
    position = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="The number in poms_depends_<submission>_<number>; given when saved.",
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "campaign dependencies"
        ordering = ["upstream", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["upstream", "position"], name="edge_position_is_unique"
            ),
            models.UniqueConstraint(
                fields=["upstream", "downstream"],
                condition=Q(kind=EdgeKind.NEXT_SLICE),
                name="one_next_slice_edge_per_pair",
            ),
            models.CheckConstraint(
                condition=Q(kind=EdgeKind.FEEDS, position__gte=1)
                | Q(kind=EdgeKind.NEXT_SLICE, position=None),
                name="feeds_edges_are_numbered",
            ),
            models.CheckConstraint(
                condition=~Q(kind=EdgeKind.FEEDS, upstream=F("downstream")),
                name="no_stage_feeds_itself",
            ),
            Agree(
                references=["upstream", "downstream"],
                on="campaign",
                name="edge_is_within_a_campaign",
                violation_error_message="an edge stays within one campaign",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.upstream} → {self.downstream}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Number a new feeds edge after the last one that ever left this stage."""
        if self.kind == EdgeKind.NEXT_SLICE:
            self.position = None
        elif self.position is None:
            last = CampaignDependency.objects.filter(upstream=self.upstream).aggregate(
                last=models.Max("position")
            )
            self.position = (last["last"] or 0) + 1
        super().save(*args, **kwargs)  # type: ignore[arg-type]
