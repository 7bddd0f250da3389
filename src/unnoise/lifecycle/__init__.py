"""The lifecycle: what trains, measures and packages in one go."""
