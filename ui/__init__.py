"""The Streamlit app's pages in pieces: one room per page, and what they share in :mod:`ui.common`."""
