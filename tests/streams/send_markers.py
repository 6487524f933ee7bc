"""Another program: sends LSL markers, each with the Unix time of its moment as its text.

``python send_markers.py CONFIG COUNT``, where its monotonic clock may be set to anything.
"""

import sys
import time

import pylsl

config, count = sys.argv[1], int(sys.argv[2])
pylsl.set_config_content(config)
outlet = pylsl.StreamOutlet(pylsl.StreamInfo("tasks", "Markers", 1, 0, "string", "another-program"))
if not outlet.wait_for_consumers(60):
    sys.exit("nobody listens")
time.sleep(2)
for _ in range(count):
    stamp_s, unix_s = pylsl.local_clock(), time.time()
    outlet.push_sample([repr(unix_s)], stamp_s)
    time.sleep(0.317)
print(pylsl.local_clock())
time.sleep(3)
