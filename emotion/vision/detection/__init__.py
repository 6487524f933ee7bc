"""Finds faces in single pictures, and confirms that they are faces."""
