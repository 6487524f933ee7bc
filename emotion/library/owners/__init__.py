"""One owner's part of a library: what they see, their consent, the deletion of everything."""
