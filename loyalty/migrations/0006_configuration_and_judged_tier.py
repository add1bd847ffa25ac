"""The stamp of the configuration, and which tier an order is worth: the one before it or the one it leads to."""

from django.db import migrations, models


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
    ]
