"""What the tables of the docs and of the models' cards rest on: scripts that measure, and their results."""
