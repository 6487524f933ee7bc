"""What several pages share: widgets, background jobs, uploads, errors."""
