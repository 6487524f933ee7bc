"""The installed models, shipped and imported: files, cards and costs."""
