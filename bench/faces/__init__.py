"""False faces: what is found in pictures of animals and things, and which faces of people are kept."""
