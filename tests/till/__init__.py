"""A small app with hooks, as a package of its own: sales, and the receipts that are printed for them."""
