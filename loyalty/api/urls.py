"""Addresses under ``/api/``: the kernel's endpoints and the reference; the last line catches the rest."""

from django.urls import path, re_path

from loyalty.api import adjustments, docs, errors, events, holds, transfers

urlpatterns = [
    path("v1/events", events.Events.as_view(), name="api-events"),
    path("v1/events/batch", events.Batches.as_view(), name="api-events-batch"),
    path("v1/events/simulate", events.Simulation.as_view(), name="api-events-simulate"),
    path("v1/events/<str:event_id>", events.EventDetail.as_view(), name="api-event"),
    path("v1/adjustments", adjustments.Adjustments.as_view(), name="api-adjustments"),
    path("v1/adjustments/<str:adjustment_id>", adjustments.AdjustmentDetail.as_view(), name="api-adjustment"),
    path("v1/holds", holds.Holds.as_view(), name="api-holds"),
    path("v1/holds/<str:hold_id>", holds.HoldDetail.as_view(), name="api-hold"),
    path("v1/holds/<str:hold_id>/capture", holds.HoldCapture.as_view(), name="api-hold-capture"),
    path("v1/holds/<str:hold_id>/release", holds.HoldRelease.as_view(), name="api-hold-release"),
    path("v1/transfers", transfers.Transfers.as_view(), name="api-transfers"),
    path("v1/transfers/<str:transfer_id>", transfers.TransferDetail.as_view(), name="api-transfer"),
    path("schema/", docs.schema, name="api-schema"),
    path("docs/", docs.interactive, name="api-docs"),
    path("docs/errors/", docs.error_codes, name="api-errors"),
    re_path(r"^.*$", errors.unknown_path, name="api-unknown"),
]
