from parity import distinct, layer_case, uniform

CASES = [
    layer_case("MaxPool1d", "torch.nn.MaxPool1d(2)", x=distinct(2, 2, 5)),
    layer_case("MaxPool1d: options", "torch.nn.MaxPool1d(3, stride=2, padding=1, ceil_mode=True)", x=distinct(1, 2, 6)),
    layer_case("MaxPool2d", "torch.nn.MaxPool2d(2)", x=distinct(1, 2, 4, 5)),
    layer_case("MaxPool2d: options of each axis", "torch.nn.MaxPool2d((3, 2), stride=1, padding=(1, 0))", x=distinct(1, 2, 4, 3)),
    layer_case("AvgPool1d", "torch.nn.AvgPool1d(2)", x=uniform(2, 2, 5)),
    layer_case("AvgPool1d: options", "torch.nn.AvgPool1d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)",
               x=uniform(1, 2, 6)),
    layer_case("AvgPool2d", "torch.nn.AvgPool2d(2)", x=uniform(1, 2, 4, 5)),
    layer_case("AvgPool2d: options of each axis", "torch.nn.AvgPool2d((2, 3), stride=(1, 2), padding=(0, 1))", x=uniform(1, 2, 4, 3)),
    layer_case("AdaptiveAvgPool1d", "torch.nn.AdaptiveAvgPool1d(3)", x=uniform(2, 2, 5)),
    layer_case("AdaptiveAvgPool2d", "torch.nn.AdaptiveAvgPool2d((2, 3))", x=uniform(1, 2, 5, 4)),
    layer_case("AdaptiveAvgPool2d: 1", "torch.nn.AdaptiveAvgPool2d(1)", x=uniform(2, 2, 3, 2)),
]
