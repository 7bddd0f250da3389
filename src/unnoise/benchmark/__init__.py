"""The benchmark: quality, speed and memory of our models beside other denoisers, on the field's test sets."""
