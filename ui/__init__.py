"""What the pages share: cached resources, session state, background work and widgets."""
