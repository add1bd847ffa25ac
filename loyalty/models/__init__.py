"""Tables of the ground floor: columns, constraints and questions; no deeds."""

from loyalty.models.accounts import Account, AccountReference, Balance, Currency
from loyalty.models.adjustments import AdjustmentFile, AdjustmentLine
from loyalty.models.approvals import Approval, Threshold
from loyalty.models.audit import AuditRecord, Seal
from loyalty.models.configuration import ConfigurationStamp
from loyalty.models.events import Decision, Event, GrantRecord
from loyalty.models.findings import Finding
from loyalty.models.holds import Hold, HoldPart
from loyalty.models.idempotency import IdempotencyKey, RateCounter
from loyalty.models.imports import ImportJob, ImportRow
from loyalty.models.jobs import JobRun, OutboxMessage
from loyalty.models.ledger import Allocation, Entry, Lot
from loyalty.models.logins import User
from loyalty.models.messages import ChannelPreference, Message, MessageTemplate, MessageText, OneTimeCode
from loyalty.models.orders import Order, OrderLine
from loyalty.models.partners import Partner, PartnerCall, PartnerKey, Store
from loyalty.models.policies import BudgetUse, Lifetime, PolicyVersion
from loyalty.models.programme import Programme
from loyalty.models.replays import Replay
from loyalty.models.rules import Rule, RuleVersion
from loyalty.models.tallies import Metric, Tally
from loyalty.models.transfers import Merge, Pool, PoolMembership, Transfer, TransferPart

__all__ = [
    "Account",
    "AccountReference",
    "AdjustmentFile",
    "AdjustmentLine",
    "Allocation",
    "Approval",
    "AuditRecord",
    "Balance",
    "BudgetUse",
    "ChannelPreference",
    "ConfigurationStamp",
    "Currency",
    "Decision",
    "Entry",
    "Event",
    "Finding",
    "GrantRecord",
    "Hold",
    "HoldPart",
    "IdempotencyKey",
    "ImportJob",
    "ImportRow",
    "JobRun",
    "Lifetime",
    "Lot",
    "Merge",
    "Message",
    "MessageTemplate",
    "MessageText",
    "Metric",
    "OneTimeCode",
    "Order",
    "OrderLine",
    "OutboxMessage",
    "Partner",
    "PartnerCall",
    "PartnerKey",
    "PolicyVersion",
    "Pool",
    "PoolMembership",
    "Programme",
    "RateCounter",
    "Replay",
    "Rule",
    "RuleVersion",
    "Seal",
    "Store",
    "Tally",
    "Threshold",
    "Transfer",
    "TransferPart",
    "User",
]
