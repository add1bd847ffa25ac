"""When people shop: weekdays, hours, the 18th, the big days and the New Year holiday."""

from datetime import date, timedelta
from random import Random

# Saturday and Sunday carry a third of a shop's week.
_WEEKDAYS = (0.82, 0.80, 0.84, 0.88, 1.08, 1.50, 1.38)
_STORE_HOURS = {10: 5, 11: 8, 12: 7, 13: 6, 14: 8, 15: 10, 16: 10, 17: 9, 18: 11, 19: 13, 20: 9, 21: 3}
_APP_HOURS = {7: 2, 8: 4, 9: 5, 10: 5, 11: 5, 12: 9, 13: 7, 14: 4, 15: 4, 16: 4, 17: 4, 18: 5, 19: 7, 20: 10, 21: 13}
_APP_HOURS |= {22: 11, 23: 6}
_NEW_YEAR = {2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26)}
_BIG_DAYS = {(6, 18): 0.45, (11, 11): 0.45, (12, 12): 0.25}
_MEMBERS_DAY = 18


def shopping_day(random: Random, day: date) -> date:
    """A likely day near ``day``: drawn to weekends, the 18th and the big days, never a closed one."""
    around = [day + timedelta(days=step) for step in range(-3, 4)]
    for each in around:
        pull = _BIG_DAYS.get((each.month, each.day), 0.0)
        if random.random() < pull:
            return each
    eighteenth = next((each for each in around if each.day == _MEMBERS_DAY), None)
    if eighteenth and random.random() < 0.22:
        return eighteenth
    chosen = random.choices(around, weights=[_WEEKDAYS[each.weekday()] for each in around])[0]
    return after_holiday(chosen)


def after_holiday(day: date) -> date:
    """The stores close for four days at the lunar New Year; people come when they open again."""
    feast = _NEW_YEAR.get(day.year)
    if feast:
        closed = (day - date(day.year, *feast)).days
        if -1 <= closed < 3:
            return day + timedelta(days=3 - closed)
    return day


def shopping_hour(random: Random, *, in_store: bool) -> int:
    """A likely local hour."""
    hours = _STORE_HOURS if in_store else _APP_HOURS
    return random.choices(list(hours), weights=list(hours.values()))[0]
