"""The auditor: every law of the books, asked of the tables; nothing found means they are right.

I1 and I2 (each transaction has two sides, and they sum to zero) hold by construction: an entry names
both the member's account and the programme account. The rest is asked, read-only, in production too,
in time linear in the rows and in memory that does not grow (``ledger.laws.weighing``). Apps contribute
laws of their own as :class:`~loyalty.registry.Check`. What is found is kept and acted on by
``loyalty.findings``.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.utils.translation import gettext_lazy as _

from loyalty.bookkeeping import Breach, Check
from loyalty.ledger.laws import balances, deeds, lots, surroundings
from loyalty.ledger.laws.weighing import CUT, Scope, by_index
from loyalty.models import Account
from loyalty.registry import registry

__all__ = ["CUT", "LAWS", "Breach", "Check", "checks", "look", "run"]

SHOWN = 50
CHUNK = 1000  # accounts asked for in one statement
SHARE = 10  # from one account in so many on, all are asked
Look = Callable[[datetime, Scope], Iterator[Breach]]


def run(*, now: datetime, accounts: Collection[int] | None = None) -> list[Breach]:
    """Breaches of each law, at most 50 of one; of these accounts alone where they are given."""
    return [breach for check in checks() for breach in islice(look(check, now=now, accounts=accounts), SHOWN)]


def checks() -> list[Check]:
    """Every law there is, by number."""
    return sorted(registry.all(Check), key=lambda check: (check.code[0], int(check.code[1:])))


def look(check: Check, *, now: datetime, accounts: Collection[int] | None = None) -> Iterator[Breach]:
    """All that breaks a law, at most ``CUT`` for each question; nothing where it can't be asked of some accounts.

    Of a good part of all accounts it is quicker to ask of all and leave out the others.
    """
    if accounts is None:
        yield from check.look(now, None)
    elif not check.is_whole:
        wanted = sorted(set(accounts))
        if _is_a_good_part(wanted):
            among = set(wanted)
            yield from (breach for breach in check.look(now, None) if breach.account_id in among)
            return
        for start in range(0, len(wanted), CHUNK):
            with by_index():
                found = list(check.look(now, wanted[start : start + CHUNK]))
            yield from found


def _is_a_good_part(wanted: Sequence[int]) -> bool:
    """By the newest id, which costs nothing, as a measure of how many accounts there are."""
    newest = Account.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return len(wanted) * SHARE >= newest


def _each(*looks: Look) -> Look:
    """Several questions of one law."""

    def ask(now: datetime, accounts: Scope) -> Iterator[Breach]:
        for question in looks:
            yield from question(now, accounts)

    return ask


_REBUILD = _("No entry mends this: the stored balance is to be rebuilt from its entries and lots.")
_ROWS = _("No entry mends this: rows were lost or changed. Compare them with the last backup.")
_SEALED = _("Compare with the last backup and with the copy of the seals that is kept elsewhere.")

LAWS = (
    Check("I3", _("The stored balance is the sum of the entries."), balances.match_entries, _REBUILD),
    Check("I4", _("Entries are numbered without a gap and chain."), balances.chain, _ROWS),
    Check("I5", _("No amount is zero or beyond 10^15."), balances.in_range, _ROWS),
    Check("I6", _("No part of a balance is negative."), balances.nothing_negative, _REBUILD),
    Check("I7", _("Nobody has points and a debt at once."), balances.credit_or_debt, _REBUILD),
    Check("I8", _("What is held is the sum of the open holds."), balances.holds_explain_held, _REBUILD),
    Check("I9", _("Lots back the balance."), lots.back_balances, _REBUILD),
    Check("I10", _("Allocations and open holds explain what has left each lot."), lots.are_explained, _ROWS),
    Check(
        "I11", _("What is left of a lot is between nothing and all, and no deadline came nearer."), lots.in_range, _ROWS
    ),
    Check(
        "I12",
        _("Each debit is allocated in full, each credit laid into lots, and debt is what is not repaid."),
        _each(lots.explain_entries, balances.debt_is_explained),
        _ROWS,
    ),
    Check(
        "I13",
        _("Expiry is not stalled."),
        lots.do_not_stall,
        _("Start the workers, or run the job that expires points. Members see the right figures all the same."),
        stops=False,
    ),
    Check("I14", _("Each business key is there once."), deeds.keys_are_unique, _ROWS, is_whole=True),
    Check(
        "I15",
        _("No more is taken back than was given."),
        _each(deeds.reversals_fit, deeds.orders_fit),
        _("An adjustment of the difference makes it good."),
    ),
    Check(
        "I16",
        _("Each hold ended once, as its entry says."),
        _each(deeds.holds_end_once, deeds.captures_take_what_was_held),
        _("Where the entry took another amount than was captured, an adjustment of the difference makes it good."),
    ),
    Check(
        "I20",
        _("What was issued, redeemed, expired, taken back, adjusted and transferred adds up to what members have."),
        balances.add_up,
        _("Look for the accounts that the other laws name; this sum follows from them."),
        is_whole=True,
    ),
    Check(
        "I21",
        _("Each adjustment was asked for, and agreed by another where it had to be."),
        _each(
            deeds.adjustments_are_agreed,
            deeds.wishes_are_fulfilled_as_agreed,
            deeds.lines_are_fulfilled_as_agreed,
            deeds.files_hold_what_was_agreed,
            deeds.returns_are_as_agreed,
            deeds.nobody_goes_alone,
        ),
        _("Ask whoever made it. An adjustment the other way takes back what nobody agreed to."),
    ),
    Check(
        "I22",
        _("Each message is delivered, given up, or on its way."),
        surroundings.messages_move,
        _("Start the workers; what is stuck goes out with their next round."),
        stops=False,
        is_whole=True,
    ),
    Check("I24", _("The seals hold."), surroundings.seals_hold, _SEALED, is_whole=True),
    Check(
        "T1",
        _("The triggers that keep the books append-only stand."),
        surroundings.triggers_stand,
        _("Lay them again with the migrations, and ask who took them away."),
        is_whole=True,
    ),
)
