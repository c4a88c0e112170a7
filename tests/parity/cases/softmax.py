from parity import case, uniform, values

CASES = [
    case("softmax", "torch.softmax(x, 1)", x=uniform(3, 4)),
    case("softmax: axis 0", "torch.softmax(x, 0)", x=uniform(2, 3, 2)),
    case("softmax: far from 0", "torch.softmax(x, -1)", x=values([[1000.0, 999.0, 0.0], [-1000.0, -1001.0, -1000.5]])),
    case("log_softmax", "torch.log_softmax(x, 1)", x=uniform(3, 4)),
    case("log_softmax: axis 1 of 3", "torch.log_softmax(x, 1)", x=uniform(2, 3, 2)),
    case("log_softmax: far from 0", "torch.log_softmax(x, -1)", x=values([[100.0, 99.0, 0.0], [-100.0, -101.0, -100.5]])),
    case("cross_entropy", "F.cross_entropy(x, torch.tensor([2, 0, 1]))", x=uniform(3, 4)),
]
