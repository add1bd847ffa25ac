"""The stamp of the configuration, and which tier an order is worth: the one before it or the one it leads to."""

from django.db import migrations, models

JUDGED = models.CharField(
    choices=[("before", "the tier held before the order"), ("after", "the tier that the order leads to")],
    default="before",
    help_text="Where an order's own growth lifts the member to a higher tier: whether that order counts by it.",
    max_length=8,
    verbose_name="tier an order counts by",
)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0005_messaging")]

    operations = [
        migrations.CreateModel(
            name="ConfigurationStamp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stamp", models.CharField(max_length=36)),
            ],
        ),
        *(migrations.AddField(model, "tier_judged", JUDGED) for model in ("programme", "historicalprogramme")),
    ]
