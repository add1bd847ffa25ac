"""What paid membership brings to the house."""

from members.paying import captions, facts, giving, happenings, merging, orders, reminding, told

CONTRIBUTED = (
    *happenings.KINDS,
    *facts.FACTS,
    giving.GIVE,
    orders.WATCHER,
    merging.STEP,
    captions.CAPTION,
    *told.KINDS,
    *reminding.JOBS,
)
