"""Files that people keep in POMS for their launches (``submissions.shelves``)."""

from django.db import models

from campaigns.models import Experiment, Experimenter


class UploadedFile(models.Model):
    """A file of a person's in an experiment. What is in it lies on disk, named by its digest."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="uploads")
    owner = models.ForeignKey(Experimenter, on_delete=models.PROTECT, related_name="uploads")
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField(help_text="In bytes.")
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering = ["experiment", "owner", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "owner", "name"], name="upload_name_is_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name
