"""What is due and who does it: the tick, the table of slots, the work on a claim, and whom to tell of failures."""
