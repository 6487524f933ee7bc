"""The page that lists analyses: search, storage, days, users, deletion."""
