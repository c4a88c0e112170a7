from parity import layer_case, uniform

# Both batches' results, so that the second's running statistics count.
TWICE = "torch.cat([m(x), m(y)])"

CASES = [
    layer_case("BatchNorm1d", "torch.nn.BatchNorm1d(3)", x=uniform(5, 3)),
    layer_case("BatchNorm1d: a further axis", "torch.nn.BatchNorm1d(2, eps=1e-3, momentum=0.3)", x=uniform(3, 2, 4)),
    layer_case("BatchNorm1d: evaluation", "torch.nn.BatchNorm1d(3)", train=False, x=uniform(5, 3)),
    layer_case("BatchNorm1d: three batches", "torch.nn.BatchNorm1d(2, momentum=0.4)", "torch.cat([m(x), m(y), m(z)])", x=uniform(4, 2),
               y=uniform(4, 2), z=uniform(3, 2)),
    layer_case("BatchNorm1d: average of all batches", "torch.nn.BatchNorm1d(2, momentum=None)", TWICE, x=uniform(4, 2), y=uniform(4, 2)),
    layer_case("BatchNorm1d: no statistics", "torch.nn.BatchNorm1d(2, track_running_stats=False)", train=False, x=uniform(4, 2)),
    layer_case("BatchNorm1d: not affine", "torch.nn.BatchNorm1d(2, affine=False)", x=uniform(4, 2)),
    layer_case("BatchNorm2d", "torch.nn.BatchNorm2d(3)", TWICE, x=uniform(2, 3, 4, 2), y=uniform(2, 3, 4, 2)),
    layer_case("BatchNorm2d: evaluation", "torch.nn.BatchNorm2d(2)", train=False, x=uniform(2, 2, 3, 3)),
    layer_case("BatchNorm2d: average of all batches", "torch.nn.BatchNorm2d(2, momentum=None)", TWICE, x=uniform(2, 2, 2, 3),
               y=uniform(1, 2, 2, 3)),
    layer_case("BatchNorm2d: evaluation, not affine", "torch.nn.BatchNorm2d(2, affine=False)", train=False, x=uniform(2, 2, 3, 3)),
    layer_case("LayerNorm", "torch.nn.LayerNorm(5)", x=uniform(2, 3, 5)),
    layer_case("LayerNorm: two axes", "torch.nn.LayerNorm((3, 4), eps=1e-3)", x=uniform(2, 3, 4)),
    layer_case("LayerNorm: not affine", "torch.nn.LayerNorm(4, elementwise_affine=False)", train=False, x=uniform(3, 4)),
    layer_case("GroupNorm", "torch.nn.GroupNorm(2, 4)", x=uniform(2, 4, 3, 2)),
    layer_case("GroupNorm: one group", "torch.nn.GroupNorm(1, 3, eps=1e-3)", train=False, x=uniform(2, 3)),
    layer_case("GroupNorm: each channel alone", "torch.nn.GroupNorm(3, 3, affine=False)", x=uniform(2, 3, 4)),
]
