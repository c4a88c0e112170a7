from parity import case, distinct, uniform

CASES = [
    case("max_pool1d", "F.max_pool1d(x, 2)", x=distinct(2, 2, 5)),
    case("max_pool1d: stride and padding", "F.max_pool1d(x, 3, stride=2, padding=1)", x=distinct(1, 2, 6)),
    case("max_pool1d: ceil_mode", "F.max_pool1d(x, 3, stride=2, ceil_mode=True)", x=distinct(1, 2, 6)),
    case("max_pool2d", "F.max_pool2d(x, 2)", x=distinct(1, 1, 4, 6)),
    case("max_pool2d: overlapping", "F.max_pool2d(x, (3, 2), stride=1, padding=(1, 0))", x=distinct(1, 2, 3, 4)),
    case("max_pool2d: ceil_mode", "F.max_pool2d(x, 2, stride=(2, 3), ceil_mode=True)", x=distinct(1, 1, 5, 4)),
    case("avg_pool1d", "F.avg_pool1d(x, 2)", x=uniform(2, 2, 5)),
    case("avg_pool1d: padding counted", "F.avg_pool1d(x, 3, stride=2, padding=1)", x=uniform(1, 2, 6)),
    case("avg_pool1d: padding not counted", "F.avg_pool1d(x, 3, stride=2, padding=1, count_include_pad=False)", x=uniform(1, 2, 6)),
    case("avg_pool2d", "F.avg_pool2d(x, 2)", x=uniform(1, 1, 4, 6)),
    case("avg_pool2d: ceil_mode and padding", "F.avg_pool2d(x, 3, stride=2, padding=1, ceil_mode=True)", x=uniform(1, 1, 4, 6)),
    case("avg_pool2d: overlapping, padding not counted", "F.avg_pool2d(x, (2, 3), stride=1, padding=(1, 0), count_include_pad=False)", x=uniform(1, 2, 3, 4)),
    case("adaptive_avg_pool1d", "F.adaptive_avg_pool1d(x, 3)", x=uniform(2, 2, 5)),
    case("adaptive_avg_pool1d: more than there are", "F.adaptive_avg_pool1d(x, 5)", x=uniform(1, 2, 3)),
    case("adaptive_avg_pool2d", "F.adaptive_avg_pool2d(x, (2, 3))", x=uniform(1, 1, 5, 4)),
    case("global_avg_pool1d", "F.adaptive_avg_pool1d(x, 1)", x=uniform(2, 2, 4)),
    case("global_avg_pool2d", "F.adaptive_avg_pool2d(x, 1)", x=uniform(1, 2, 3, 2)),
]
