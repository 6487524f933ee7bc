"""The pictures page: uploads, camera photos and their faces."""
