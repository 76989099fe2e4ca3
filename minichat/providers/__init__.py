"""Where to talk and who we are: one module per company. How to talk stands in `protocols`."""
