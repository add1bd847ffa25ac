"""The demo: Furball Planet (毛球星球), a small chain of pet shops with two years behind it.

Everything is drawn from one seed, so every start shows the same people on the same days, ending at
the instant it is planted. Apps set the stage (``registry.DemoData``) and note what happens on which
day; ``play`` lets the days pass one by one through the same doors real events use.
"""
