import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DatasetDefinition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("experiment", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=500)),
                ("definition", models.JSONField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "dataset",
            },
        ),
        migrations.CreateModel(
            name="File",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("experiment", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=500)),
                ("size", models.PositiveBigIntegerField(help_text="In bytes.")),
                ("checksum", models.CharField(blank=True, help_text="sha256:…", max_length=200)),
                (
                    "metadata",
                    models.JSONField(blank=True, default=dict, help_text="As it was declared."),
                ),
                ("run_number", models.BigIntegerField(blank=True, null=True)),
                ("subrun", models.PositiveIntegerField(blank=True, null=True)),
                ("software_version", models.CharField(blank=True, max_length=200)),
                (
                    "end_time",
                    models.DateTimeField(blank=True, help_text="When its data ends.", null=True),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("made_by_submission", models.BigIntegerField(blank=True, null=True)),
                ("made_by_stage", models.BigIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("experiment", models.CharField(max_length=100)),
                ("definition", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="DatasetFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="datahandling.datasetdefinition",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="datahandling.file",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="datasetdefinition",
            name="files",
            field=models.ManyToManyField(
                related_name="datasets", through="datahandling.DatasetFile", to="datahandling.file"
            ),
        ),
        migrations.CreateModel(
            name="Location",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", models.CharField(max_length=2000)),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="locations",
                        to="datahandling.file",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Parentage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "child",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="datahandling.file",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datahandling.file",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="file",
            name="parents",
            field=models.ManyToManyField(
                related_name="children",
                through="datahandling.Parentage",
                through_fields=("child", "parent"),
                to="datahandling.file",
            ),
        ),
        migrations.CreateModel(
            name="Project",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("experiment", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=500)),
                ("definition", models.JSONField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("experiment", "name"), name="project_name_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Handle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("initial", "Initial"),
                            ("reserved", "Reserved"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        db_default="initial",
                        max_length=10,
                    ),
                ),
                ("worker", models.CharField(blank=True, db_default="", max_length=200)),
                ("attempts", models.PositiveIntegerField(db_default=0)),
                (
                    "retry",
                    models.BooleanField(
                        db_default=False, help_text="Its last failure asked for another try."
                    ),
                ),
                (
                    "why",
                    models.TextField(
                        blank=True, db_default="", help_text="What the last failure said."
                    ),
                ),
                (
                    "request",
                    models.CharField(
                        blank=True,
                        db_default="",
                        help_text="Which request reserved it: one that is repeated is answered with the same file.",
                        max_length=64,
                    ),
                ),
                ("reserved_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handles",
                        to="datahandling.file",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="handles",
                        to="datahandling.project",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SnapshotFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="datahandling.file",
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="datahandling.snapshot",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="snapshot",
            name="files",
            field=models.ManyToManyField(
                related_name="snapshots",
                through="datahandling.SnapshotFile",
                to="datahandling.file",
            ),
        ),
        migrations.AddConstraint(
            model_name="datasetfile",
            constraint=models.UniqueConstraint(
                fields=("dataset", "file"), name="dataset_file_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="datasetdefinition",
            constraint=models.UniqueConstraint(
                fields=("experiment", "name"), name="dataset_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="location",
            constraint=models.UniqueConstraint(fields=("file", "url"), name="location_once"),
        ),
        migrations.AddConstraint(
            model_name="parentage",
            constraint=models.UniqueConstraint(fields=("child", "parent"), name="parentage_once"),
        ),
        migrations.AddConstraint(
            model_name="parentage",
            constraint=models.CheckConstraint(
                condition=models.Q(("child", models.F("parent")), _negated=True),
                name="parentage_not_of_itself",
            ),
        ),
        migrations.AddIndex(
            model_name="file",
            index=models.Index(fields=["experiment", "id"], name="file_in_declared_order"),
        ),
        migrations.AddIndex(
            model_name="file",
            index=models.Index(
                condition=models.Q(("run_number__isnull", False)),
                fields=["experiment", "run_number"],
                name="file_of_run",
            ),
        ),
        migrations.AddIndex(
            model_name="file",
            index=models.Index(
                condition=models.Q(("end_time__isnull", False)),
                fields=["experiment", "end_time"],
                name="file_by_end_time",
            ),
        ),
        migrations.AddIndex(
            model_name="file",
            index=models.Index(fields=["experiment", "created_at"], name="file_by_creation"),
        ),
        migrations.AddIndex(
            model_name="file",
            index=models.Index(
                condition=models.Q(("made_by_submission__isnull", False)),
                fields=["made_by_submission"],
                name="file_by_submission",
            ),
        ),
        migrations.AddIndex(
            model_name="file",
            index=models.Index(
                condition=models.Q(("made_by_stage__isnull", False)),
                fields=["made_by_stage"],
                name="file_by_stage",
            ),
        ),
        migrations.AddIndex(
            model_name="file",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["metadata"], name="file_by_metadata", opclasses=["jsonb_path_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="file",
            constraint=models.UniqueConstraint(
                fields=("experiment", "name"), name="file_name_once"
            ),
        ),
        migrations.AddIndex(
            model_name="handle",
            index=models.Index(
                condition=models.Q(("state", "initial")),
                fields=["project", "attempts", "file"],
                name="handle_next",
            ),
        ),
        migrations.AddConstraint(
            model_name="handle",
            constraint=models.UniqueConstraint(fields=("project", "file"), name="handle_once"),
        ),
        migrations.AddConstraint(
            model_name="handle",
            constraint=models.UniqueConstraint(
                condition=models.Q(("request", ""), _negated=True),
                fields=("project", "request"),
                name="request_reserves_one_handle",
            ),
        ),
        migrations.AddConstraint(
            model_name="handle",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["initial", "reserved", "done", "failed"])),
                name="handle_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="handle",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "initial"), models.Q(("worker", ""), _negated=True), _connector="OR"
                ),
                name="handle_held_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshotfile",
            constraint=models.UniqueConstraint(
                fields=("snapshot", "file"), name="snapshot_file_once"
            ),
        ),
    ]
