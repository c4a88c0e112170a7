from parity import case, uniform

CASES = [
    case("conv1d", "F.conv1d(x, w, b)", x=uniform(2, 2, 5), w=uniform(3, 2, 2), b=uniform(3)),
    case("conv1d: stride, padding, dilation", "F.conv1d(x, w, stride=2, padding=2, dilation=2)", x=uniform(1, 2, 6), w=uniform(2, 2, 3)),
    case("conv1d: groups", "F.conv1d(x, w, b, padding=1, groups=2)", x=uniform(1, 4, 4), w=uniform(4, 2, 3), b=uniform(4)),
    case("conv2d", "F.conv2d(x, w, b)", x=uniform(1, 2, 4, 3), w=uniform(2, 2, 2, 2), b=uniform(2)),
    case("conv2d: stride and padding of each axis", "F.conv2d(x, w, stride=(2, 1), padding=(1, 2))", x=uniform(1, 1, 5, 4), w=uniform(2, 1, 3, 3)),
    case("conv2d: dilation of each axis", "F.conv2d(x, w, b, padding=1, dilation=(2, 1))", x=uniform(1, 1, 5, 4), w=uniform(2, 1, 2, 3), b=uniform(2)),
    case("conv2d: depthwise", "F.conv2d(x, w, padding=1, groups=2)", x=uniform(2, 2, 3, 2), w=uniform(4, 1, 3, 3)),
    case("conv2d: what the stride leaves over", "F.conv2d(x, w, stride=3)", x=uniform(1, 1, 6, 4), w=uniform(1, 1, 2, 2)),
    case("conv2d: 1 x 1", "F.conv2d(x, w, b)", x=uniform(2, 2, 2, 3), w=uniform(3, 2, 1, 1), b=uniform(3)),
    case("conv_transpose1d", "F.conv_transpose1d(x, w, b)", x=uniform(2, 2, 3), w=uniform(2, 3, 2), b=uniform(3)),
    case("conv_transpose1d: stride, padding, output_padding", "F.conv_transpose1d(x, w, b, stride=3, padding=1, output_padding=2)", x=uniform(1, 2, 3), w=uniform(2, 1, 3), b=uniform(1)),
    case("conv_transpose1d: output_padding beyond the stride", "F.conv_transpose1d(x, w, padding=2, output_padding=2, dilation=3)", x=uniform(1, 2, 4), w=uniform(2, 1, 3)),
    case("conv_transpose2d", "F.conv_transpose2d(x, w, b)", x=uniform(1, 2, 2, 3), w=uniform(2, 2, 2, 2), b=uniform(2)),
    case("conv_transpose2d: stride, padding, output_padding of each axis", "F.conv_transpose2d(x, w, stride=(2, 3), padding=(0, 1), output_padding=(1, 0))", x=uniform(1, 2, 2, 3), w=uniform(2, 1, 2, 3)),
    case("conv_transpose2d: groups and dilation", "F.conv_transpose2d(x, w, b, groups=2, dilation=(1, 2))", x=uniform(1, 4, 2, 2), w=uniform(4, 1, 2, 2), b=uniform(2)),
]
