"""Answers to requests that were to have their effect once, for whoever asks again."""

from django.conf import settings
from django.db import models
from rest_framework.utils.encoders import JSONEncoder


class KeptAnswer(models.Model):
    """What a request with an ``Idempotency-Key`` made, written in the transaction that made it."""

    who = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    asked = models.CharField(max_length=64, help_text="Digest of the request.")
    status = models.PositiveSmallIntegerField()
    content = models.JSONField(encoder=JSONEncoder)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["who", "key"], name="key_has_its_effect_once")
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.key} of {self.who_id}"
