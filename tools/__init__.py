"""Scripts that make what the package and the docs hold: weights, data, tables and figures."""
