"""What all benchmarks share: files of results, facts about the machine, servers and browsers."""
