"""Networks from ``keras.applications``, built for ImageNet, to be fine-tuned on faces.

Weights are never downloaded: without ``--weights FILE`` they are random.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from emotion.vision.normalise import CAFFE, RGB, SYMMETRIC
from training.networks.layers import logits
from training.networks.spec import PRETRAINED_END, NetworkSpec
from training.recipes import transfer_recipe

INPUT_SIZE = 224
_DROPOUT = 0.3


def _spec(name: str, title: str, application: Callable[..., Any], normalisation: str) -> NetworkSpec:
    """Return the specification of an application, with the normalisation of its ImageNet weights."""

    def build(input_shape: tuple[int, int, int], classes: int) -> Any:
        inputs = keras.Input(input_shape, name="face")
        features = application(include_top=False, weights=None, input_tensor=inputs).output
        features = keras.layers.GlobalAveragePooling2D(name=PRETRAINED_END)(features)
        features = keras.layers.Dropout(_DROPOUT)(features)
        return keras.Model(inputs, logits(features, classes), name=name)

    recipe = transfer_recipe(name, normalisation)
    return NetworkSpec(name, title, build, recipe, input_size=INPUT_SIZE, colour=RGB, pretrained=True)


APPLICATIONS = (
    _spec("vgg16", "VGG-16", keras.applications.VGG16, CAFFE),
    _spec("resnet50", "ResNet-50", keras.applications.ResNet50, CAFFE),
    _spec("xception", "Xception", keras.applications.Xception, SYMMETRIC),
    _spec("inceptionv3", "Inception v3", keras.applications.InceptionV3, SYMMETRIC),
    _spec("mobilenet", "MobileNet", keras.applications.MobileNet, SYMMETRIC),
    _spec("mobilenetv2", "MobileNet v2", keras.applications.MobileNetV2, SYMMETRIC),
)
