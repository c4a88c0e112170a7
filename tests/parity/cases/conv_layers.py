from parity import layer_case, uniform

CASES = [
    layer_case("Conv1d", "torch.nn.Conv1d(2, 3, 3)", x=uniform(2, 2, 6)),
    layer_case("Conv1d: options", "torch.nn.Conv1d(4, 2, 2, stride=2, padding=1, dilation=2, groups=2, bias=False)", x=uniform(1, 4, 7)),
    layer_case("Conv2d", "torch.nn.Conv2d(2, 3, 3)", x=uniform(2, 2, 5, 4)),
    layer_case("Conv2d: padding", "torch.nn.Conv2d(1, 4, 3, padding=1)", x=uniform(2, 1, 4, 4)),
    layer_case("Conv2d: options of each axis",
               "torch.nn.Conv2d(2, 4, (2, 3), stride=(2, 1), padding=(0, 2), dilation=(1, 2), groups=2, bias=False)", x=uniform(1, 2, 5, 4)),
    layer_case("ConvTranspose1d", "torch.nn.ConvTranspose1d(2, 3, 3)", x=uniform(2, 2, 4)),
    layer_case("ConvTranspose1d: options", "torch.nn.ConvTranspose1d(4, 2, 3, stride=3, padding=1, output_padding=2, groups=2, bias=False)",
               x=uniform(1, 4, 3)),
    layer_case("ConvTranspose2d", "torch.nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1)", x=uniform(1, 2, 3, 2)),
    layer_case("ConvTranspose2d: options of each axis",
               "torch.nn.ConvTranspose2d(2, 4, (2, 3), stride=(1, 2), padding=(0, 1), output_padding=(1, 0), dilation=2, groups=2)",
               x=uniform(1, 2, 2, 3)),
    layer_case("LazyConv2d", "torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(3, 2, 1))",
               x=uniform(1, 2, 3, 3)),
]
