"""Files of other programs: results of a study written for them, and events of their logs read from them."""
