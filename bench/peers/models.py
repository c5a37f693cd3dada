"""The models of bench/models/index.ts in PyTorch."""

import math

import torch
import torch.nn.functional as F
from torch import nn

import fill


class Residual(nn.Module):
    """conv - norm - relu - conv - norm, added to the input or its 1x1 projection, relu."""

    def __init__(self, channels_in, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if stride != 1 or channels_in != channels:
            projection = nn.Conv2d(channels_in, channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(channels))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + shortcut, inplace=True)


def relu():
    return nn.ReLU(inplace=True)


def conv_norm(channels_in, channels, kernel_size=3, stride=1, groups=1):
    conv = nn.Conv2d(channels_in, channels, kernel_size, stride, kernel_size // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(channels), relu()]


def mlp():
    layers = [nn.Flatten()]
    for size_in, size in ((784, 128), (128, 64)):
        layers += [nn.Linear(size_in, size), nn.BatchNorm1d(size), relu(), nn.Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(64, 10))


def lenet5():
    convs = [nn.Conv2d(1, 20, 5, padding=2), relu(), nn.MaxPool2d(2)]
    convs += [nn.Conv2d(20, 50, 5, padding=2), relu(), nn.MaxPool2d(2)]
    return nn.Sequential(*convs, nn.Flatten(), nn.Linear(2450, 500), relu(), nn.Linear(500, 10))


def cnn():
    convs = [nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), relu(), nn.MaxPool2d(2)]
    return nn.Sequential(*convs, nn.Flatten(), nn.Linear(6272, 128), relu(), nn.Dropout(0.5), nn.Linear(128, 10))


def bnlenet():
    layers, channels_in = [], 3
    for channels in (16, 32, 64):
        layers += [*conv_norm(channels_in, channels), Residual(channels, channels), nn.MaxPool2d(2)]
        channels_in = channels
    layers.append(nn.Flatten())
    for size_in, size in ((64 * 4 * 4, 120), (120, 84)):
        layers += [nn.Linear(size_in, size, bias=False), nn.BatchNorm1d(size), relu()]
    return nn.Sequential(*layers, nn.Linear(84, 10))


def separable():
    """MobileNet, version 1, with a stem that keeps the size of 32x32 images."""
    layers, channels_in = conv_norm(3, 32), 32
    widths = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for channels, stride in widths:
        layers += conv_norm(channels_in, channels_in, 3, stride, channels_in) + conv_norm(channels_in, channels, 1)
        channels_in = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 10))


def resnet18():
    layers, channels_in = conv_norm(3, 64), 64
    for stage, channels in enumerate((64, 128, 256, 512)):
        layers += [Residual(channels_in, channels, 1 if stage == 0 else 2), Residual(channels, channels)]
        channels_in = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


MODELS = {f.__name__: f for f in (mlp, lenet5, cnn, bnlenet, separable, resnet18)}


def fill_parameters(model):
    """Gives every parameter the numbers that ours gets; returns how many there are."""
    count = 0
    with torch.no_grad():
        for index, (name, parameter) in enumerate(model.named_parameters()):
            fan_in = math.prod(parameter.shape[1:])
            bound = 0.1 if parameter.dim() == 1 else 1 / math.sqrt(fan_in)
            shift = 1 if parameter.dim() == 1 and name.endswith("weight") else 0
            values = fill.uniform(parameter.numel(), fill.PARAM + index, shift - bound, shift + bound)
            parameter.copy_(torch.from_numpy(values).view(parameter.shape))
            count += parameter.numel()
    return count


def prepare(request):
    """The step of a training loop, or the forward pass in evaluation."""
    n, c, h, w = request["input"]
    values = torch.from_numpy(fill.uniform(n * c * h * w, fill.INPUT)).view(n, h, w, c).permute(0, 3, 1, 2)
    layout = torch.channels_last if request["layout"] == "channels_last" else torch.contiguous_format
    x, model = values.contiguous(memory_format=layout), MODELS[request["model"]]()
    parameters = fill_parameters(model)
    model = model.to(memory_format=layout).eval()

    def evaluate():
        with torch.inference_mode():
            return model(x)

    logits = evaluate().reshape(-1)
    reply = {"parameters": parameters, "values": logits[torch.tensor(request["sample"])].tolist()}
    if request["pass"] == "eval":
        return [evaluate], reply
    model.train()
    target = torch.from_numpy(fill.classes(n, fill.TARGET, 10))
    return [step_of(model, x, target, foreach) for foreach in (False, True)], reply


def step_of(model, x, target, foreach):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9, foreach=foreach)

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(x), target).backward()
        optimizer.step()

    return step
