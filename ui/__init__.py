"""The parts of the Streamlit app's pages: one package per page, and shared code in :mod:`ui.common`."""
