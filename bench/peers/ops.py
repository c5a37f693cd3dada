"""Single kernels in PyTorch, called below autograd where there is a function for one pass.

Every function returns the ways to do the same, of which the fastest counts, and the reply: the values at the positions
asked for, in the order in which channels come last.
"""

import torch
import torch.nn.functional as F

import fill

aten = torch.ops.aten


def tensor(values, *shape):
    return torch.from_numpy(values).view(*shape)


def image(values, n, spatial, c, layout):
    """Channels-last values as a tensor of logical shape [n, c, *spatial] in the layout."""
    dims = len(spatial)
    channels_last = tensor(values, n, *spatial, c).permute(0, dims + 1, *range(1, dims + 1))
    if layout == "nchw":
        return channels_last.contiguous()
    formats = {2: torch.channels_last, 3: torch.channels_last_3d}
    if dims not in formats:
        raise ValueError(f"no channels-last layout with {dims} spatial dimensions")
    return channels_last.contiguous(memory_format=formats[dims])


def stored(result):
    """Elements of [n, c, *spatial] with the channels last, else in row-major order."""
    if result.dim() > 2:
        result = result.permute(0, *range(2, result.dim()), 1)
    return result.detach().reshape(-1)


def answer(call, request, pick=lambda result: result, more=()):
    """A call, checked by its first result."""
    values = stored(pick(call()))
    return [call, *more], {"values": values[torch.tensor(request["sample"])].tolist()}


def product(sizes):
    result = 1
    for size in sizes:
        result *= size
    return result


def prepare_conv(request):
    shape, which, layout = request["shape"], request["pass"], request["layout"]
    options = shape["options"]

    def filled(key, seed):
        n, c, *spatial = shape[key]
        return image(fill.uniform(product(shape[key]), seed), n, spatial, c, layout)

    x, w = filled("inputShape", fill.INPUT), filled("weightShape", fill.WEIGHT)
    output_padding = options.get("outputPadding", [0] * len(options["stride"]))
    rest = (options["stride"], options["padding"], options["dilation"], shape["transposed"], output_padding)
    args = (*rest, options["groups"])
    if which == "forward":
        return answer(no_grad(lambda: torch.convolution(x, w, None, *args)), request)
    g = filled("outputShape", fill.GRAD_OUTPUT)
    place = ("backwardInput", "backwardWeight").index(which)
    mask = [place == 0, place == 1, False]
    call = no_grad(lambda: aten.convolution_backward(g, x, w, None, *args, mask))
    return answer(call, request, lambda result: result[place])


def no_grad(function):
    """The function in inference mode, the cheapest there is."""

    def call():
        with torch.inference_mode():
            return function()

    return call


def relu(p, which, _):
    x, g = (torch.from_numpy(fill.uniform(p["size"], seed)) for seed in (fill.INPUT, fill.GRAD_OUTPUT))
    if which != "backwardInput":
        return lambda: torch.relu(x)
    return lambda: aten.threshold_backward(g, x, 0)


def activation(p, which, _):
    x = torch.from_numpy(fill.uniform(p["size"], fill.INPUT, -4, 4))
    g = torch.from_numpy(fill.uniform(p["size"], fill.GRAD_OUTPUT))
    op, a, b = p["op"], p["a"], p["b"]
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    # Forward, and backward from the input x or, where PyTorch has that form, from the output y.
    forms = {
        "leakyRelu": (lambda: F.leaky_relu(x, a), lambda y: aten.leaky_relu_backward(g, y, a, True)),
        "elu": (lambda: F.elu(x, a), lambda y: aten.elu_backward(g, a, 1, 1, True, y)),
        "selu": (lambda: F.selu(x), lambda y: aten.elu_backward(g, alpha, scale, 1, True, y)),
        "celu": (lambda: F.celu(x, a), lambda y: aten.elu_backward(g, a, 1, 1 / a, True, y)),
        "sigmoid": (lambda: torch.sigmoid(x), lambda y: aten.sigmoid_backward(g, y)),
        "silu": (lambda: F.silu(x), lambda _: aten.silu_backward(g, x)),
        "gelu": (lambda: F.gelu(x), lambda _: aten.gelu_backward(g, x)),
        "geluTanh": (
            lambda: F.gelu(x, approximate="tanh"),
            lambda _: aten.gelu_backward(g, x, approximate="tanh"),
        ),
        "tanh": (lambda: torch.tanh(x), lambda y: aten.tanh_backward(g, y)),
        "mish": (lambda: F.mish(x), lambda _: aten.mish_backward(g, x)),
        "softplus": (lambda: F.softplus(x, a, b), lambda _: aten.softplus_backward(g, x, a, b)),
        "softsign": (lambda: F.softsign(x), None),
        "hardsigmoid": (lambda: F.hardsigmoid(x), lambda _: aten.hardsigmoid_backward(g, x)),
        "hardswish": (lambda: F.hardswish(x), lambda _: aten.hardswish_backward(g, x)),
        "hardtanh": (lambda: F.hardtanh(x, a, b), lambda _: aten.hardtanh_backward(g, x, a, b)),
    }
    forward, backward = forms[op]
    if which == "forward":
        return forward
    if backward is None:
        # Several functions, which only autograd knows to join.
        x.requires_grad_()
        with torch.enable_grad():
            y = forward()
        return lambda: torch.autograd.grad(y, x, g, retain_graph=True)[0]
    y = forward()
    return lambda: backward(y)


def spatial_dims(p):
    """Letters of the dimensions of a pooling: three only if there is a depth, since PyTorch is slower with one of 1."""
    return ("d", "h", "w") if p["id"] > 1 else ("h", "w")


def sizes(p, letter, dims):
    return [p[letter + dim] for dim in dims]


def pooled_images(p, dims, layout):
    """The input and the gradient of the output of a pooling."""
    n, c = p["n"], p["c"]
    shapes = [sizes(p, letter, dims) for letter in ("i", "o")]
    seeds = (fill.INPUT, fill.GRAD_OUTPUT)
    return [image(fill.uniform(n * c * product(s), seed), n, s, c, layout) for s, seed in zip(shapes, seeds)]


def max_pool(p, which, layout):
    dims = spatial_dims(p)
    x, g = pooled_images(p, dims, layout)
    window = (*(sizes(p, letter, dims) for letter in ("k", "s", "p", "d")), False)
    rectify = torch.relu if p["relu"] else lambda y: y
    with_indices = getattr(aten, f"max_pool{len(dims)}d_with_indices")
    if which == "forward":
        return lambda: with_indices(rectify(x), *window)[0]
    if which == "eval":
        pool = getattr(F, f"max_pool{len(dims)}d")
        return lambda: pool(rectify(x), *window)
    y = rectify(x)
    _, indices = with_indices(y, *window)
    backward = getattr(aten, f"max_pool{len(dims)}d_with_indices_backward")
    if not p["relu"]:
        return lambda: backward(g, x, *window, indices)
    return lambda: aten.threshold_backward(backward(g, y, *window, indices), y, 0)


def avg_pool(p, which, layout):
    dims = spatial_dims(p)
    x, g = pooled_images(p, dims, layout)
    window = (*(sizes(p, letter, dims) for letter in ("k", "s", "p")), False, not p["excludePad"], p["divisor"] or None)
    if which == "forward":
        pool = getattr(F, f"avg_pool{len(dims)}d")
        return lambda: pool(x, *window)
    backward = getattr(aten, f"avg_pool{len(dims)}d_backward")
    return lambda: backward(g, x, *window)


def adaptive_avg_pool(p, which, layout):
    dims = spatial_dims(p)
    x, g = pooled_images(p, dims, layout)
    if which == "forward":
        pool = getattr(F, f"adaptive_avg_pool{len(dims)}d")
        return lambda: pool(x, sizes(p, "o", dims))
    if p["oh"] * p["ow"] > 1:
        backward = getattr(aten, f"_adaptive_avg_pool{len(dims)}d_backward")
        return lambda: backward(g, x)
    # A single window is a mean, whose backward is a division of the gradient repeated over the plane.
    count = p["id"] * p["ih"] * p["iw"]
    return lambda: g.expand_as(x) / count


def adaptive_max_pool(p, which, layout):
    dims = spatial_dims(p)
    x, g = pooled_images(p, dims, layout)
    pool = getattr(aten, f"adaptive_max_pool{len(dims)}d")
    size = sizes(p, "o", dims)
    if which == "forward":
        return lambda: pool(x, size)[0]
    _, indices = pool(x, size)
    backward = getattr(aten, f"adaptive_max_pool{len(dims)}d_backward")
    return lambda: backward(g, x, indices)


def batch_norm(p, which, layout):
    rows, c = p["rows"], p["c"]
    # As an image where it can be one: the layout is what makes the difference.
    side = 16 if rows % 256 == 0 else 14
    spatial = (side, side) if rows % side**2 == 0 else ()
    n = rows // side**2 if spatial else rows

    def rows_of(seed):
        values = fill.uniform(rows * c, seed)
        return image(values, n, spatial, c, layout) if spatial else tensor(values, rows, c)

    x, g = rows_of(fill.INPUT), rows_of(fill.GRAD_OUTPUT)
    w, b, mean = (torch.from_numpy(fill.uniform(c, seed)) for seed in (fill.WEIGHT, fill.BIAS, fill.MEAN))
    var = torch.from_numpy(fill.uniform(c, fill.VARIANCE, 0.5, 1.5))
    residual = rows_of(fill.RESIDUAL) if p["add"] else None

    def behind(y):
        y = y if residual is None else y.add_(residual)
        return y.relu_() if p["relu"] else y

    if which != "backwardInput":
        training = which == "forward"
        return lambda: behind(torch.native_batch_norm(x, w, b, mean, var, training, p["momentum"], p["eps"])[0])
    y, saved_mean, saved_rstd = torch.native_batch_norm(x, w, b, mean, var, True, p["momentum"], p["eps"])
    y = behind(y)
    saved, mask = (mean, var, saved_mean, saved_rstd), [True, True, True]

    def backward():
        passed = aten.threshold_backward(g, y, 0) if p["relu"] else g
        return aten.native_batch_norm_backward(passed, x, w, *saved, True, p["eps"], mask)[0]

    return backward


def group_norm(p, which, layout):
    n, spatial, c, groups = p["n"], p["spatial"], p["c"], p["groups"]
    side = round(spatial**0.5)
    x, g = (
        image(fill.uniform(n * spatial * c, seed), n, (side, spatial // side), c, layout)
        for seed in (fill.INPUT, fill.GRAD_OUTPUT)
    )
    w, b = (torch.from_numpy(fill.uniform(c, seed)) for seed in (fill.WEIGHT, fill.BIAS))
    sizes = (n, c, spatial, groups)
    if which == "forward":
        call = no_grad(lambda: torch.native_group_norm(x, w, b, *sizes, p["eps"])[0])
    else:
        _, mean, rstd = torch.native_group_norm(x, w, b, *sizes, p["eps"])
        # It takes row-major tensors alone, and autograd makes them.
        contiguous = lambda: (g.contiguous(), x.contiguous())
        rest = (mean, rstd, w, *sizes, [True, True, True])
        call = no_grad(lambda: aten.native_group_norm_backward(*contiguous(), *rest)[0])
    if groups < c:
        return call, ()
    # PyTorch's instance normalization is batch normalization of one image with n * c channels.
    if which == "forward":
        return call, [no_grad(lambda: F.instance_norm(x, None, None, w, b, True, 0.1, p["eps"]))]
    flat, grad = (values.contiguous().view(1, n * c, *values.shape[2:]) for values in (x, g))
    scale = w.repeat(n)
    norm = torch.native_batch_norm(flat, scale, None, None, None, True, 0.1, p["eps"])[1:]
    tail = (None, None, *norm, True, p["eps"], [True, True, True])
    return call, [no_grad(lambda: aten.native_batch_norm_backward(grad, flat, scale, *tail)[0])]


def row_values(p):
    """Rows to normalize, their gradient, weight and bias."""
    rows, size = p["rows"], p["size"]
    x, g = (tensor(fill.uniform(rows * size, seed), rows, size) for seed in (fill.INPUT, fill.GRAD_OUTPUT))
    return x, g, *(torch.from_numpy(fill.uniform(size, seed)) for seed in (fill.WEIGHT, fill.BIAS))


def layer_norm(p, which, _):
    x, g, w, b = row_values(p)
    shape = [p["size"]]
    if which == "forward":
        return no_grad(lambda: torch.native_layer_norm(x, shape, w, b, p["eps"])[0]), ()
    _, mean, rstd = torch.native_layer_norm(x, shape, w, b, p["eps"])
    rest = (shape, mean, rstd, w, b, [True, True, True])
    return no_grad(lambda: aten.native_layer_norm_backward(g, x, *rest)[0]), ()


def recorded_backward(function, g, x, *params):
    """The backward pass of a function that PyTorch composes, so that only autograd knows it."""
    x.requires_grad_()
    inputs = (x, *(param.requires_grad_() for param in params))
    with torch.enable_grad():
        y = function()
    return lambda: torch.autograd.grad(y, inputs, g, retain_graph=True)[0]


def rms_norm(p, which, _):
    x, g, w, _ = row_values(p)
    if hasattr(F, "rms_norm"):
        function = lambda: F.rms_norm(x, [p["size"]], w, p["eps"])
    else:
        function = lambda: x * torch.rsqrt(x.square().mean(1, keepdim=True) + p["eps"]) * w
    return (no_grad(function) if which == "forward" else recorded_backward(function, g, x, w)), ()


def local_response_norm(p, which, layout):
    rows, c = p["rows"], p["c"]
    side = next(side for side in (32, 27, 1) if rows % side**2 == 0)
    x, g = (
        image(fill.uniform(rows * c, seed), rows // side**2, (side, side), c, layout)
        for seed in (fill.INPUT, fill.GRAD_OUTPUT)
    )
    function = lambda: F.local_response_norm(x, p["size"], p["alpha"], p["beta"], p["k"])
    return (no_grad(function) if which == "forward" else recorded_backward(function, g, x)), ()


def linear(p, which, _):
    n, ic, oc = p["n"], p["ic"], p["oc"]
    x, g = tensor(fill.uniform(n * ic, fill.INPUT), n, ic), tensor(fill.uniform(n * oc, fill.GRAD_OUTPUT), n, oc)
    w, b = tensor(fill.uniform(oc * ic, fill.WEIGHT), oc, ic), torch.from_numpy(fill.uniform(oc, fill.BIAS))
    if which == "forward":
        return lambda: F.linear(x, w, b)
    if which == "backwardInput":
        return lambda: g.mm(w)
    return lambda: (g.t().mm(x), g.sum(0))[0]


def matmul(p, _which, _layout):
    batch = p["batchShape"]
    a = tensor(fill.uniform(product(batch) * p["m"] * p["k"], fill.INPUT), *batch, p["m"], p["k"])
    b = tensor(fill.uniform(product(batch) * p["k"] * p["n"], fill.WEIGHT), *batch, p["k"], p["n"])
    return lambda: torch.matmul(a, b).view(-1)


def log_softmax(p, which, _):
    shape = (p["outer"], p["size"], p["inner"])
    x, g = (tensor(fill.uniform(product(shape), seed), *shape) for seed in (fill.INPUT, fill.GRAD_OUTPUT))
    if which == "forward":
        return lambda: torch.log_softmax(x, 1).view(-1)
    y = torch.log_softmax(x, 1)
    return lambda: aten._log_softmax_backward_data(g, y, 1, torch.float32).view(-1)


def cross_entropy(p, which, _):
    x = tensor(fill.uniform(p["rows"] * p["c"], fill.INPUT), p["rows"], p["c"])
    t = torch.from_numpy(fill.classes(p["rows"], fill.TARGET, p["c"]))
    options = {"ignore_index": p["ignoreIndex"], "label_smoothing": p["labelSmoothing"], "reduction": p["reduction"]}
    if which == "forward":
        return lambda: F.cross_entropy(x, t, **options)
    # Two or more functions, which only autograd knows to join.
    x.requires_grad_()
    with torch.enable_grad():
        loss = F.cross_entropy(x, t, **options)
    g = torch.from_numpy(fill.uniform(loss.numel(), fill.GRAD_OUTPUT)).view_as(loss)
    return lambda: torch.autograd.grad(loss, x, g, retain_graph=True)[0]


def pointwise_loss(p, which, _):
    op, a = p["op"], p["a"]
    x = torch.from_numpy(fill.uniform(p["size"], fill.INPUT, 0 if op == "bce" else -1, 1))
    t = torch.from_numpy(fill.uniform(p["size"], fill.TARGET, 0, 1))
    functions = {
        "mse": (F.mse_loss, aten.mse_loss_backward, ()),
        "l1": (F.l1_loss, None, ()),
        "smoothL1": (lambda x, t: F.smooth_l1_loss(x, t, beta=a), aten.smooth_l1_loss_backward, (a,)),
        "huber": (lambda x, t: F.huber_loss(x, t, delta=a), aten.huber_loss_backward, (a,)),
        "bce": (F.binary_cross_entropy, aten.binary_cross_entropy_backward, None),
        "bceWithLogits": (F.binary_cross_entropy_with_logits, None, ()),
        "klDiv": (F.kl_div, None, ()),
    }
    forward, backward, rest = functions[op]
    if which == "forward":
        return lambda: forward(x, t).view(1)
    g = torch.from_numpy(fill.uniform(1, fill.GRAD_OUTPUT)).view(())
    if backward is None:
        # Several functions, which only autograd knows to join.
        x.requires_grad_()
        with torch.enable_grad():
            loss = forward(x, t)
        return lambda: torch.autograd.grad(loss, x, g, retain_graph=True)[0]
    mean = 1
    return lambda: backward(g, x, t, None, mean) if rest is None else backward(g, x, t, mean, *rest)


def prelu(p, which, layout):
    rows, c = p["rows"], p["c"]
    seeds = (fill.INPUT, fill.GRAD_OUTPUT)
    x, g = (image(fill.uniform(rows * c, seed), rows // 1024, (32, 32), c, layout) for seed in seeds)
    w = torch.from_numpy(fill.uniform(c, fill.WEIGHT))
    if which == "forward":
        return lambda: torch.prelu(x, w)
    return lambda: aten.prelu_backward(g, x, w)[0]


def pad(p, which, layout):
    (n, h, w, c), before, after, mode = p["shape"], p["before"], p["after"], p["mode"]
    x = image(fill.uniform(n * h * w * c, fill.INPUT), n, (h, w), c, layout)
    pads = [before[2], after[2], before[1], after[1]]
    value = fill.uniform(1, fill.BIAS)[0].item() if mode == "constant" else 0
    if which == "forward":
        return lambda: F.pad(x, pads, mode=mode, value=value)
    size = (h + before[1] + after[1], w + before[2] + after[2])
    g = image(fill.uniform(n * size[0] * size[1] * c, fill.GRAD_OUTPUT), n, size, c, layout)
    if mode == "constant":
        return lambda: aten.constant_pad_nd(g, [-size for size in pads])
    if mode == "circular":
        # Copies of parts, which only autograd knows to join.
        x.requires_grad_()
        with torch.enable_grad():
            y = F.pad(x, pads, mode=mode)
        return lambda: torch.autograd.grad(y, x, g, retain_graph=True)[0]
    backward = {"reflect": aten.reflection_pad2d_backward, "replicate": aten.replication_pad2d_backward}[mode]
    return lambda: backward(g, x, pads)


def dropout(p, _which, layout):
    n, spatial, c = p["n"], p["spatial"], p["c"]
    values = fill.uniform(n * spatial * c, fill.INPUT)
    if not p["channelwise"]:
        x = torch.from_numpy(values)
        return lambda: F.dropout(x, p["p"], True)
    side = round(spatial**0.5)
    x = image(values, n, (side, spatial // side), c, layout)
    return lambda: F.dropout2d(x, p["p"], True)


def clip_grad(p, _which, _layout):
    params = [torch.empty(size, requires_grad=True) for size in p["sizes"]]
    for i, (param, size) in enumerate(zip(params, p["sizes"])):
        param.grad = torch.from_numpy(fill.uniform(size, fill.PARAM + i))
    return lambda: torch.nn.utils.clip_grad_norm_(params, p["limit"], p["p"]).view(1)


def ema(p, _which, _layout):
    def filled(offset):
        return [torch.from_numpy(fill.uniform(size, fill.PARAM + 2 * i + offset)) for i, size in enumerate(p["sizes"])]

    averages, values = filled(0), filled(1)

    def step():
        for average, value in zip(averages, values):
            average.lerp_(value, 1 - p["decay"])
        return averages[0]

    return step


# Of each optimizer its class, our names of its settings, and its states in our order with their least values.
OPTIMIZERS = {
    "sgd": (torch.optim.SGD, ("lr", "momentum", "dampening", "nesterov", "maximize"), {"momentum_buffer": -1}),
    "adam": (torch.optim.Adam, ("lr", "eps", "amsgrad", "maximize"), {"exp_avg": -1, "exp_avg_sq": 0}),
    "rmsprop": (
        torch.optim.RMSprop,
        ("lr", "alpha", "eps", "momentum", "centered", "maximize"),
        {"square_avg": 0, "grad_avg": -1, "momentum_buffer": -1},
    ),
    "adagrad": (torch.optim.Adagrad, ("lr", "eps", "maximize"), {"sum": 0}),
}
# Seeds of the buffers of one parameter: itself, its gradient, its states.
SEEDS_EACH = 5
# So many steps have been taken that Adam's corrections are 1.
STEPS = 1e6


def optimizer_steps(op, p):
    """The step of an optimizer over the parameters of one group, tensor by tensor and over all at once."""
    (group,) = p["groups"]
    kind, names, states = OPTIMIZERS[op]
    options = {name: group[name] for name in names}
    if op == "adam":
        kind = torch.optim.AdamW if group["decoupled"] else kind
        options["betas"] = (group["beta1"], group["beta2"])

    def filled(i, offset, low=-1):
        return torch.from_numpy(fill.uniform(group["sizes"][i], fill.PARAM + SEEDS_EACH * i + offset, low))

    params = [filled(i, 0).requires_grad_() for i in range(len(group["sizes"]))]

    def steps(foreach):
        optimizer = kind(params, weight_decay=group["weightDecay"], foreach=foreach, **options)
        for i, param in enumerate(params):
            param.grad = filled(i, 1)
            state = {name: filled(i, 2 + s, low) for s, (name, low) in enumerate(states.items())}
            optimizer.state[param] = {**state, "step": STEPS if op == "rmsprop" else torch.tensor(STEPS)}
        return lambda: (optimizer.step(), params[0])[1]

    return steps(False), steps(True)


FUNCTIONS = (relu, activation, prelu, max_pool, batch_norm, linear, matmul, log_softmax, dropout)
FUNCTIONS += (cross_entropy, pointwise_loss, pad)
FUNCTIONS += (avg_pool, adaptive_avg_pool, adaptive_max_pool)
FUNCTIONS += (clip_grad, ema)
PREPARE = {f.__name__: f for f in FUNCTIONS}
# Those that return a call and a list of other ways to the same.
NORMS = {f.__name__: f for f in (group_norm, layer_norm, rms_norm, local_response_norm)}


def prepare(request):
    op, p, which, layout = request["op"], request["problem"], request["pass"], request["layout"]
    if op in OPTIMIZERS:
        single, multi = optimizer_steps(op, p)
        return answer(single, request, more=[multi])
    if op in NORMS:
        call, more = NORMS[op](p, which, layout)
        return answer(call, request, more=more)
    call = PREPARE[op](p, which, layout)
    # Inference mode would be in the way of autograd, whose overhead it saves.
    joined = ("softsign", "l1", "bceWithLogits", "klDiv", "circular")
    recorded = which != "forward" and (op == "cross_entropy" or p.get("op", p.get("mode")) in joined)
    calls, reply = answer(call if recorded else no_grad(call), request)
    return calls, {**reply, "compare": op != "dropout"}


def prepare_overhead(request):
    a, b = (torch.tensor([value], requires_grad=True) for value in (1.5, 2.5))
    calls = {"add": lambda: torch.add(a, b), "mul": lambda: torch.mul(a, b), "relu": lambda: torch.relu(a)}
    return [calls[request["op"]]], {}
