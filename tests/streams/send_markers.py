"""A separate program that sends LSL markers; the text of each is the Unix time at which it is sent.

``python send_markers.py CONFIG COUNT``; tests run it with a shifted monotonic clock.
"""

import sys
import time

import pylsl

config, count = sys.argv[1], int(sys.argv[2])
pylsl.set_config_content(config)
outlet = pylsl.StreamOutlet(pylsl.StreamInfo("tasks", "Markers", 1, 0, "string", "another-program"))
if not outlet.wait_for_consumers(60):
    sys.exit("no receiver connected")
time.sleep(2)
for _ in range(count):
    stamp_s, unix_s = pylsl.local_clock(), time.time()
    outlet.push_sample([repr(unix_s)], stamp_s)
    time.sleep(0.317)
print(pylsl.local_clock())
time.sleep(3)
