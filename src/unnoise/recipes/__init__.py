"""The built-in recipes: data, not code."""
