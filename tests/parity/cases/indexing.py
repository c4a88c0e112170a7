from parity import case, distinct, uniform

CASES = [
    case("take", "x.index_select(0, torch.tensor([2, 0, 2]))", x=uniform(3, 2)),
    case("take: last axis", "x.index_select(1, torch.tensor([1, 1]))", x=uniform(3, 2)),
    case("take: matrix of indices", "x[:, torch.tensor([[0, -1], [1, 1]])]", x=uniform(2, 3)),
    case("take: flat", "torch.take(x, torch.tensor([[5, 0], [-1, 2]]))", x=uniform(2, 3)),
    case("index_add", "x.index_add(0, torch.tensor([2, 0, 2]), y)", x=uniform(3, 2), y=uniform(3, 2)),
    case("index_add: last axis", "x.index_add(1, torch.tensor([1, 1, 0]), y)", x=uniform(3, 2), y=uniform(3, 3)),
    case("take_along_axis", "torch.gather(x, 1, torch.tensor([[2, 0], [1, 1]]))", x=uniform(2, 3)),
    case("take_along_axis: first axis", "torch.gather(x, 0, torch.tensor([[1, 0, 1]]))", x=uniform(2, 3)),
    case("scatter_add", "x.scatter_add(1, torch.tensor([[2, 2], [0, 1]]), y)", x=uniform(2, 3), y=uniform(2, 2)),
    case("scatter_add: first axis", "x.scatter_add(0, torch.tensor([[1, 0], [1, 1], [0, 1]]), y)", x=uniform(2, 2), y=uniform(3, 2)),
    case("masked_select", "torch.masked_select(x, x > 0.3)", x=distinct(3, 4)),
    case("masked_select: broadcast", "torch.masked_select(x, torch.tensor([True, False, True]))", x=uniform(2, 3)),
    case("one_hot", "F.one_hot(torch.tensor([[2, 0], [1, 2]]), 4)"),
]
