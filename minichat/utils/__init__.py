"""What several rooms need and none owns. Empty on purpose: import the module you mean."""
