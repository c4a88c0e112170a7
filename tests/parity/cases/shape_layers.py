from parity import layer_case, uniform

CASES = [
    layer_case("Flatten", "torch.nn.Flatten()", x=uniform(2, 2, 3)),
    layer_case("Flatten: axes", "torch.nn.Flatten(0, -2)", x=uniform(2, 2, 3)),
    layer_case("Reshape", "torch.nn.Unflatten(1, (3, -1))", x=uniform(2, 6)),
    layer_case("ZeroPad2d", "torch.nn.ZeroPad2d(1)", x=uniform(1, 2, 2, 3)),
    layer_case("ZeroPad2d: each side", "torch.nn.ZeroPad2d((1, 0, 2, 3))", x=uniform(1, 2, 2, 3)),
    layer_case("Upsample: nearest", "torch.nn.Upsample(scale_factor=2)", x=uniform(1, 2, 2, 3)),
    layer_case("Upsample: nearest, one axis", "torch.nn.Upsample(scale_factor=3)", x=uniform(2, 2, 3)),
    layer_case("Upsample: linear", "torch.nn.Upsample(scale_factor=3, mode='linear')", x=uniform(2, 2, 3)),
    layer_case("Upsample: bilinear", "torch.nn.Upsample(scale_factor=2, mode='bilinear')", x=uniform(1, 2, 3, 4)),
    layer_case("Upsample: bilinear, each axis", "torch.nn.Upsample(scale_factor=(3, 4), mode='bilinear')", x=uniform(1, 2, 3, 2)),
    layer_case("Bilinear", "torch.nn.Bilinear(2, 3, 4)", call="m(a, b)", a=uniform(5, 2), b=uniform(5, 3)),
    layer_case("Bilinear: no bias", "torch.nn.Bilinear(3, 2, 1, bias=False)", call="m(a, b)", a=uniform(2, 2, 3), b=uniform(2, 2, 2)),
    layer_case("LazyLinear", "torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(6, 2))", x=uniform(3, 2, 3)),
]
