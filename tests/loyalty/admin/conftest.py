"""A client of somebody who may do everything."""

import pytest
from django.test import Client

from tests import cast


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(cast.operator())
    client.get("/brand.css")  # the first visit notes when the stay began
    return client
