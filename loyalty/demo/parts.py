"""The ground's parts of the demo, in their order among the apps' own."""

from loyalty.demo import desk, history, letters, play, rules, shop
from loyalty.registry import DemoData

DEMO = (
    DemoData("shop", 10, shop.plant, shop.logins),
    DemoData("rules", 30, rules.plant),
    DemoData("history", 50, history.plant),
    DemoData("play", 90, play.play),
    DemoData("desk", 95, desk.plant, desk.logins),
    DemoData("letters", 97, letters.plant),
)
