"""What several commands use: types of arguments, shared options, tables, exit statuses."""
