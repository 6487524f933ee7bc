"""How the library's tables became what they are."""
