"""The models that ship and those that users imported: where they are, what they cost."""
