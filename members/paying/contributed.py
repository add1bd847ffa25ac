"""What paid membership brings to the house."""

from members.paying import captions, facts, giving, happenings, merging, moving, orders, reminding, told

CONTRIBUTED = (
    *happenings.KINDS,
    *facts.FACTS,
    giving.GIVE,
    orders.WATCHER,
    merging.STEP,
    moving.JOB,
    captions.CAPTION,
    *told.KINDS,
    *reminding.JOBS,
)
