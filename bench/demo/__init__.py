"""Makes the demo that ships with the app: a short film of two public-domain portraits that move, and its analysis."""
