"""Statistics of studies: pure functions over tables and arrays, in which people are the unit."""
