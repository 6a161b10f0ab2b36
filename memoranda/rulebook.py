"""The whole book: look-ups, matter tree, counterparts, content digest (R1)."""
